"""Runs the tests of the Python package as tests/run.sh wants it: a line for each, totals last."""
import os
import sys
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))


class Lines(unittest.TestResult):
    def startTest(self, test):
        super().startTest(test)
        self.well = True

    def say(self, word, test, error=None):
        print(f"  {word:5} {test.shortDescription() or test.id()}")
        if error:
            print("".join("    " + line + "\n" for line in error.splitlines()), end="")

    def addSuccess(self, test):
        super().addSuccess(test)
        self.say("ok", test)

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self.say("FAIL", test, self.failures[-1][1])

    def addError(self, test, err):
        super().addError(test, err)
        self.say("FAIL", test, self.errors[-1][1])

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self.say("skip", test, reason)


def main():
    suite = unittest.defaultTestLoader.discover(HERE, "test_*.py")
    result = Lines()
    suite.run(result)
    failed = len(result.failures) + len(result.errors)
    print(f"{result.testsRun - failed - len(result.skipped)} passed, {failed} failed, "
          f"{len(result.skipped)} skipped")
    return 1 if failed or not result.testsRun else 0


if __name__ == "__main__":
    sys.exit(main())
