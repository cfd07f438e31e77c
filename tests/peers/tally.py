"""What a peer test counts: check(good, what) says what failed, and status() how it went in all."""
passed = failed = 0


def check(good, what):
    global passed, failed
    passed += bool(good)
    failed += not good
    if not good:
        print("FAILED " + what)


def status(skipped=0):
    print("%d passed, %d failed, %d skipped" % (passed, failed, skipped))
    return 1 if failed else 0
