/* header_scanner.h: a strict JSON scanner for safetensors headers. It reads in one pass from memory
 * that it does not own, builds no tree, and takes and refuses exactly what serde_json does, which
 * the safetensors package stands on. What the values mean is its caller's business. */
#ifndef LEVIN_FORMATS_HEADER_SCANNER_H
#define LEVIN_FORMATS_HEADER_SCANNER_H

#include <levin/base.h>

/* Bytes that may hold anything, closed by a NUL that does not count. */
typedef struct levin_text {
    const char *bytes;
    size_t size;
} levin_text;

typedef struct levin_scanner {
    const unsigned char *begin, *at, *end;
    const char *where; // the file, for messages
    size_t offset;     // of begin within the file
    char *strings;     // decoded strings go here: room for end - begin bytes
    int depth;         // brackets open
    bool failed;       // sticky: after a failure everything returns false
} levin_scanner;

/** Records "where: byte N: ..." for the byte at; returns false. */
bool levin__scan_fail(levin_scanner *s, const unsigned char *at, const char *fmt, ...)
    LEVIN_FORMAT(3, 4);
/** The next byte that is not white space; -1 at the end. */
int levin__scan_peek(levin_scanner *s);

/** Takes an opening bracket; what names the thing that must stand here ("an object ..."). */
bool levin__scan_open(levin_scanner *s, char bracket, const char *what);
/** True if one more element follows; takes the comma before it, or the closing bracket after the
 *  last. first starts as true. False is the end or a failure. */
bool levin__scan_next(levin_scanner *s, char close, bool *first);
/** A string, decoded. Setting s->strings back to out->bytes gives its room back. */
bool levin__scan_string(levin_scanner *s, levin_text *out);
/** A string and the colon after it. */
bool levin__scan_key(levin_scanner *s, levin_text *out);
/** A whole number of at most 64 bits, without a sign, a fraction or an exponent. */
bool levin__scan_u64(levin_scanner *s, uint64_t *out);
bool levin__scan_null(levin_scanner *s);
/** Any value, checked and dropped. */
bool levin__scan_skip(levin_scanner *s);
/** Nothing but white space is left. */
bool levin__scan_end(levin_scanner *s);

/** Bytes of the well-formed UTF-8 character at p (before end); 0 if it is none. */
size_t levin__utf8_size(const unsigned char *p, const unsigned char *end);
/** The bytes as they may stand in a message: one line, cut when long. Returns out. */
const char *levin__printable(char out[80], const char *bytes, size_t n);

#endif
