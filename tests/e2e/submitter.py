"""A steady load of submissions."""
import http.client
import json
import threading
import time

from processes import DEADLINE

BODY = json.dumps({"kind": "domains", "domains": ["found.test"]})


class Submitter:
    """Posts jobs at a steady rate from a thread, each on a connection of its own, as curl does."""

    def __init__(self, address, per_second=50):
        self.ids, self.failures, self.longest = [], [], 0
        self._address, self._pause = address, 1 / per_second
        self._end = threading.Event()
        self._threads = []
        self._clock = threading.Thread(target=self._run)

    def _run(self):
        number, due = 0, time.monotonic()
        while not self._end.wait(max(0, due - time.monotonic())):
            self._threads.append(threading.Thread(target=self._post, args=(number,)))
            self._threads[-1].start()
            number, due = number + 1, due + self._pause

    def _post(self, number):
        start = time.monotonic()
        try:
            connection = http.client.HTTPConnection(*self._address, timeout=DEADLINE)
            connection.request("POST", "/jobs", BODY, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            text = answer.read()
            connection.close()
            if answer.status == 202:
                self.ids.append(json.loads(text)["id"])
            else:
                self.failures.append((number, answer.status, text))
        except OSError as error:
            self.failures.append((number, repr(error)))
        except http.client.HTTPException as error:
            self.failures.append((number, repr(error)))
        self.longest = max(self.longest, time.monotonic() - start)

    def __enter__(self):
        self._clock.start()
        return self

    def __exit__(self, *_):
        self._end.set()
        self._clock.join()
        for thread in self._threads:
            thread.join()

    def check(self, api):
        """Each was answered 202, none is lost, none is there twice, all are carried out."""
        assert self.failures == []
        assert len(set(self.ids)) == len(self.ids)
        listed = [job["id"] for page in api.pages(limit=1000) for job in page]
        assert sorted(listed) == sorted(self.ids)
        for job in self.ids:
            assert api.wait(job)["counts"] == {"found": 1, "not_found": 0, "error": 0}
