"""docs/openapi.yaml as a judge: every answer that a test gets is held against it."""
import json
import re

import jsonschema
import yaml

from processes import TOP

PATH = TOP / "docs" / "openapi.yaml"
METHODS = ("get", "put", "post", "delete", "patch")
N_CHECKED = 500         # items of a long answer that are checked one by one; of the rest ...
CHECK_EVERY = 101       # ... each so-manieth
MAX_CHECKED_TEXT = 1 << 20  # characters


class Contract:
    def __init__(self):
        self.text = PATH.read_text(encoding="utf-8")
        self.document = yaml.safe_load(self.text)
        self._resolver = jsonschema.RefResolver.from_schema(self.document)
        self._routes = [
            (re.compile(re.sub(r"\\{\w+\\}", "[^/]+", re.sub(r"\\{name\\}", ".+", re.escape(path)))), path)
            for path in self.document["paths"]]

    def operations(self):
        """Return {operationId: (METHOD, path)}."""
        return {item[method]["operationId"]: (method.upper(), path)
                for path, item in self.document["paths"].items()
                for method in METHODS if method in item}

    def resolve(self, node):
        while "$ref" in node:
            node = self._resolver.resolve(node["$ref"])[1]
        return node

    def errors(self, value, schema):
        """Return what the schema has against the value, one line each."""
        validator = jsonschema.Draft202012Validator(schema, resolver=self._resolver)
        return [f"/{'/'.join(map(str, e.absolute_path))}: {e.message}" for e in validator.iter_errors(value)]

    def accepts(self, value, name):
        return not self.errors(value, {"$ref": f"#/components/schemas/{name}"})

    def check(self, value, schema, where):
        errors = self.errors(value, schema)
        assert not errors, f"{where} is not as docs/openapi.yaml says: {'; '.join(errors)[:2000]}\n{value!r:.2000}"

    def head(self, method, target, status, headers):
        """Check status and headers of an answer; returns (media type, its media object), None for no content."""
        where = f"{method} {target} -> {status}"
        response = self._response(method, target.split("?")[0], status, headers, where)
        for name, header in response.get("headers", {}).items():
            header = self.resolve(header)
            value = headers.get(name)
            assert value is not None or not header.get("required"), f"{where}: header {name} is absent"
            if value is not None:
                is_number = self.resolve(header["schema"]).get("type") == "integer" and value.isdigit()
                self.check(int(value) if is_number else value, header["schema"], f"{where}: header {name}")
        content = response.get("content")
        if content is None or method == "HEAD":
            return None
        found = normalise_media_type(headers.get("Content-Type", ""))
        for name, media in content.items():
            if normalise_media_type(name) == found or name == ANY_MEDIA:
                return name.split(";")[0], media
        raise AssertionError(f"{where}: Content-Type is {found!r}, expected {' or '.join(content)}")

    def _response(self, method, path, status, headers, where):
        item = next((self.document["paths"][p] for pattern, p in self._routes if pattern.fullmatch(path)), None)
        if item is None:
            assert status in (400, 404), f"{where}: an unknown path is 404"
            return self.document["components"]["responses"]["NoSuchJob"]
        operation = item.get("get" if method == "HEAD" else method.lower())
        if operation is None:
            assert status == 405, f"{where}: a method that the document does not list is 405"
            allowed = {m.strip() for m in headers.get("Allow", "").split(",")}
            listed = {m.upper() for m in METHODS if m in item}
            assert listed <= allowed <= listed | {"HEAD", "OPTIONS"}, f"{where}: Allow is {allowed}, not {listed}"
            return self.document["components"]["responses"]["NoSuchJob"]
        assert str(status) in operation["responses"], f"{where}: docs/openapi.yaml knows no such answer"
        return self.resolve(operation["responses"][str(status)])

    def body(self, head, status, body, where):
        """Check the bytes of a whole answer against what head() returned."""
        if head is None:
            assert body == b"", f"{where}: a body where there is none: {body!r:.200}"
            return
        media_type, media = head
        if media_type in (ANY_MEDIA, "application/x-tar", "application/vnd.sqlite3"):
            return  # bytes, whatever they are
        text = body.decode("utf-8")
        if media_type in ("application/json", "application/problem+json"):
            value = json.loads(text)
            self.check(value, media["schema"], where)
            if media_type == "application/problem+json":
                assert value["status"] == status, f"{where}: the problem says {value['status']}"
        elif media_type == "application/x-ndjson":
            assert text == "" or text.endswith("\n"), f"{where}: the last line has no end: {text[-200:]!r}"
            for number, line in enumerate(text.split("\n")[:-1]):
                self.line(media, number, line, where)
        elif len(text) <= MAX_CHECKED_TEXT:
            self.check(text, media["schema"], where)

    def line(self, media, number, line, where):
        """Check line `number` (from 0) of NDJSON."""
        if number < N_CHECKED or number % CHECK_EVERY == 0:
            self.check(json.loads(line), media["x-item-schema"], f"{where}, line {number + 1}")

    def event(self, media, name, data, number, where):
        """Check event `number` (from 0) of an event stream."""
        schemas = media["x-event-schemas"]
        assert name in schemas, f"{where}: unknown event {name!r}"
        if number < N_CHECKED or number % CHECK_EVERY == 0:
            self.check(data, schemas[name], f"{where}, event {name}")


ANY_MEDIA = "*/*"  # a file, with the type of its origin


def normalise_media_type(text):
    return "; ".join(part.strip().lower() for part in text.split(";"))
