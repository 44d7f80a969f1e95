"""A real browser, for the tests of the page: Debian's chromium by Selenium."""
import json
import shutil
import time
from contextlib import contextmanager

import pytest

from processes import DEADLINE

MISSING = [name for name in ("chromium", "chromedriver") if shutil.which(name) is None]
try:
    from selenium import webdriver
    from selenium.common.exceptions import WebDriverException
    from selenium.webdriver.chrome.options import Options
    from selenium.webdriver.chrome.service import Service
    from selenium.webdriver.common.action_chains import ActionChains
    from selenium.webdriver.common.keys import Keys
except ImportError:
    MISSING.append("python3-selenium")
    Keys = None

SEVERE = ("SEVERE", "WARNING")


class Browser:
    def __init__(self, driver):
        self.driver = driver
        self.js("return 1")

    def js(self, text, *arguments):
        return self.driver.execute_script(text, *arguments)

    def look(self, scheme="light", width=1200):
        """Set the scheme of colours and the width of the page."""
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": scheme}]})
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
            "width": width, "height": 844, "deviceScaleFactor": 1, "mobile": width < 500})

    def open(self, url):
        """Load a page anew and wait until it shows what it has."""
        self.driver.get("about:blank")
        self.driver.get(url)
        self.wait("return document.getElementById('main')?.dataset.ready === 'true'", f"{url} is shown")

    def wait(self, text, what, seconds=DEADLINE):
        """Wait until a script returns something true, and return that."""
        end = time.monotonic() + seconds
        while True:
            value = self.driver.execute_async_script(
                "const [text, done] = arguments; const value = new Function(text)(); setTimeout(() => done(value), value ? 0 : 20)", text)
            if value:
                return value
            assert time.monotonic() < end, f"{what}: not within {seconds} s; the page shows:\n{self.text()}\n{self.console()}"

    def wait_text(self, text):
        self.wait(f"return document.body.innerText.includes({json.dumps(text)})", f"the text {text!r}")

    def text(self):
        return self.js("return document.body.innerText")

    def keys(self, *keys):
        """Press keys, as with a keyboard, wherever the focus is."""
        ActionChains(self.driver, duration=0).send_keys(*keys).perform()

    def back(self):
        """Press Shift and Tab."""
        ActionChains(self.driver, duration=0).key_down(Keys.SHIFT).send_keys(Keys.TAB).key_up(Keys.SHIFT).perform()

    def press(self, name):
        """Press the button with this text."""
        self.wait("return [...document.querySelectorAll('button')].some(b => !b.hidden && b.offsetParent && b.textContent === "
                  f"{json.dumps(name)})", f"a button {name!r}")
        self.js("[...document.querySelectorAll('button')].find(b => b.offsetParent && b.textContent === arguments[0]).click()", name)

    def console(self):
        """Return what the console has said since the last call: violations of the policy, errors, warnings."""
        return [entry["message"] for entry in self.driver.get_log("browser") if entry["level"] in SEVERE]


@contextmanager
def open_browser(folder):
    if MISSING:
        pytest.skip(f"absent: {', '.join(MISSING)} (Debian: apt-get install chromium chromium-driver python3-selenium)")
    options = Options()
    options.binary_location = shutil.which("chromium")
    for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars", "--no-proxy-server",
                     "--disable-background-networking", "--disable-component-update", "--js-flags=--expose-gc", "--enable-precise-memory-info",
                     f"--user-data-dir={folder}"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    try:
        driver = webdriver.Chrome(service=Service(shutil.which("chromedriver")), options=options)
    except WebDriverException as error:
        pytest.skip(f"chromium does not start here: {error.msg}")
    try:
        driver.set_script_timeout(DEADLINE)
        driver.set_page_load_timeout(DEADLINE)
        yield Browser(driver)
    finally:
        driver.quit()
