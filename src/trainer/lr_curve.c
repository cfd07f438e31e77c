/* lr_curve.c: the curve of a learning-rate finder as a file: numbers, or a drawing of the loss over
 * the logarithm of the rate. */
#include "base/buffer.h"
#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"
#include "trainer/callbacks/finders.h"

#include <math.h>

enum { WIDTH = 720, HEIGHT = 440, LEFT = 70, RIGHT = 20, TOP = 40, BOTTOM = 50 };
enum { LONGEST = 1 << 26 };

void levin_lr_found_free(levin_lr_found *f)
{
    if (!f)
        return;
    levin__free(f->lr);
    levin__free(f->loss);
    levin__free(f);
}

int levin__lr_found_check_path(const char *path)
{
    if (path && !levin__ends_with(path, ".svg") && !levin__ends_with(path, ".csv"))
        levin__error_set(LEVIN_EINVAL, "%s: a curve is written to .svg or .csv", path);
    return levin_error();
}

static void add_numbers(levin_buffer *out, const levin_lr_found *f)
{
    levin__buffer_add_text(out, "lr,loss\n");
    for (int64_t i = 0; i < f->n; i++)
        levin__buffer_addf(out, "%.9g,%.9g\n", f->lr[i], f->loss[i]);
}

/* From values to points of the drawing. */
typedef struct {
    double low_lr, high_lr, low, high; // rates as logarithms
} scale;

static scale find_scale(const levin_lr_found *f)
{
    scale s = { log10(f->lr[0]), log10(f->lr[f->n - 1]), f->loss[0], f->loss[0] };
    for (int64_t i = 0; i < f->n; i++) {
        s.low = f->loss[i] < s.low ? f->loss[i] : s.low;
        s.high = f->loss[i] > s.high ? f->loss[i] : s.high;
    }
    if (s.high <= s.low)
        s.high = s.low + 1;
    if (s.high_lr <= s.low_lr)
        s.high_lr = s.low_lr + 1;
    return s;
}

static double across(const scale *s, double lr)
{
    return LEFT + (WIDTH - LEFT - RIGHT) * (log10(lr) - s->low_lr) / (s->high_lr - s->low_lr);
}

static double down(const scale *s, double loss)
{
    return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * (loss - s->low) / (s->high - s->low);
}

/* A line for each power of ten, and for each fifth of the losses. */
static void add_grid(levin_buffer *out, const scale *s)
{
    for (double e = ceil(s->low_lr - 1e-9); e <= s->high_lr + 1e-9; e++)
        levin__buffer_addf(out,
                           "<path d=\"M%.1f %d V%d\" stroke=\"#ddd\"/><text x=\"%.1f\" y=\"%d\" "
                           "text-anchor=\"middle\">1e%.0f</text>\n",
                           across(s, pow(10, e)), TOP, HEIGHT - BOTTOM, across(s, pow(10, e)),
                           HEIGHT - BOTTOM + 18, e);
    for (int i = 0; i <= 5; i++) {
        double loss = s->low + (s->high - s->low) * i / 5;
        levin__buffer_addf(out,
                           "<path d=\"M%d %.1f H%d\" stroke=\"#ddd\"/><text x=\"%d\" y=\"%.1f\" "
                           "text-anchor=\"end\">%.4g</text>\n",
                           LEFT, down(s, loss), WIDTH - RIGHT, LEFT - 8, down(s, loss) + 4, loss);
    }
}

static void add_suggestion(levin_buffer *out, const levin_lr_found *f, const scale *s)
{
    for (int64_t i = 0; i < f->n; i++)
        if (f->lr[i] == f->suggestion)
            levin__buffer_addf(out,
                               "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"5\" fill=\"#c33\"/><text "
                               "x=\"%d\" y=\"%d\" fill=\"#c33\">suggestion %.3g</text>\n",
                               across(s, f->lr[i]), down(s, f->loss[i]), LEFT, TOP - 16,
                               f->suggestion);
}

static void add_drawing(levin_buffer *out, const levin_lr_found *f)
{
    levin__buffer_addf(out,
                       "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" "
                       "font-family=\"sans-serif\" font-size=\"12\" fill=\"none\">\n"
                       "<rect width=\"%d\" height=\"%d\" fill=\"#fff\"/>\n<g fill=\"#333\">\n",
                       WIDTH, HEIGHT, WIDTH, HEIGHT);
    if (f->n > 0) {
        scale s = find_scale(f);
        add_grid(out, &s);
        add_suggestion(out, f, &s);
        levin__buffer_add_text(out, "</g>\n<polyline stroke=\"#36c\" stroke-width=\"2\" points=\"");
        for (int64_t i = 0; i < f->n; i++)
            levin__buffer_addf(out, "%.1f,%.1f ", across(&s, f->lr[i]), down(&s, f->loss[i]));
        levin__buffer_add_text(out, "\"/>\n<g fill=\"#333\">\n");
    }
    levin__buffer_addf(out,
                       "<text x=\"%d\" y=\"%d\" text-anchor=\"middle\">learning rate</text>\n"
                       "<text x=\"%d\" y=\"%d\" text-anchor=\"end\">smoothed loss</text>\n"
                       "</g>\n</svg>\n",
                       (LEFT + WIDTH - RIGHT) / 2, HEIGHT - 12, WIDTH - RIGHT, TOP - 16);
}

int levin_lr_found_save(const levin_lr_found *f, const char *path)
{
    levin_buffer text = LEVIN_BUFFER(LONGEST);
    if (!f || !path || levin_error() || levin__lr_found_check_path(path) < 0)
        return levin_error();
    if (levin__ends_with(path, ".svg"))
        add_drawing(&text, f);
    else
        add_numbers(&text, f);
    if (!levin_error())
        levin__file_write(path, text.data, text.size);
    levin__buffer_free(&text);
    return levin_error();
}
