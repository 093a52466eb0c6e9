"""The endpoint: what each route answers, and that no input brings it down or comes back."""

from __future__ import annotations

import asyncio
import json
import logging
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from read_fixtures import SECRET, make_parts, make_searcher

from search_index.api import create_app
from search_index.api.failures import ApiError
from search_index.api.limits import MAX_BODY_BYTES, SearchLane
from search_index.settings import ServerSettings

JSON = {"Content-Type": "application/json"}
MARK = "zq7marker"
"""Stands in every bad input; it must not come back."""

# POST route → its text field and the most characters it takes.
POST_ROUTES = {
    "/api/deflect": ("body", 8000),
    "/api/search": ("query", 2000),
    "/api/suggest": ("prefix", 200),
}
routes = pytest.mark.parametrize("route", sorted(POST_ROUTES))


@pytest.fixture
def client(mini_client: TestClient) -> TestClient:
    return mini_client


def client_over(searcher: Any, **options: Any) -> TestClient:
    app = create_app(SimpleNamespace(searcher=searcher), ServerSettings(), **options)
    return TestClient(app, raise_server_exceptions=False)


def error_of(response: Any, status: int) -> dict[str, str]:
    """Check the shape and that nothing of the input comes back; return the error."""
    assert response.status_code == status
    body = response.json()
    assert set(body) == {"error"}
    error: dict[str, str] = body["error"]
    assert {"code", "message", "remedy"} <= set(error) <= {"code", "message", "remedy", "field"}
    assert all(isinstance(value, str) and value for value in error.values())
    assert MARK not in response.text
    return error


def body_of(route: str, **fields: Any) -> dict[str, Any]:
    return {POST_ROUTES[route][0]: "转账选错网络", **fields}


# --- what the routes answer


def test_search_answers_with_hits(client: TestClient) -> None:
    body = client.post("/api/search", json={"query": "提币没到账怎么办"}).json()
    assert list(body) == [
        *("query_id", "snapshot", "lang", "answered", "confidence"),
        *("urgent", "secret", "hits", "notice", "took_ms"),
    ]
    assert (body["lang"], body["answered"], body["urgent"], body["secret"]) == (
        "zh",
        True,
        None,
        None,
    )
    assert 0 <= body["confidence"] <= 1
    assert body["took_ms"] >= 0


def test_a_hit_says_all_that_a_result_shows(client: TestClient) -> None:
    hit = client.post("/api/search", json={"query": "在区块浏览器查转账状态"}).json()["hits"][0]
    excerpt = hit.pop("excerpt")
    assert hit.pop("score") > 0
    assert hit == {
        "rank": 1,
        "article_id": "KB-0019",
        "lang": "zh",
        "title": "转账显示成功但没到账怎么办？",
        "summary": "先用TxID在区块浏览器查状态，再核对地址和网络。",
        "url": "/transfers/kb-0019/",
        "short_url": "/a/KB-0019/",
        "anchor": "steps",
        "category": "transfers",
        "urgency": "technical",
    }
    start, end = excerpt["marks"][0]
    assert excerpt["text"][start:end] == "在区块浏览器查"


def test_each_query_gets_its_own_id(client: TestClient) -> None:
    ids = {client.post("/api/search", json={"query": "网络"}).json()["query_id"] for _ in range(3)}
    assert len(ids) == 3


def test_search_takes_language_limit_and_category(client: TestClient) -> None:
    request = {"query": "转账", "lang": "en", "limit": 1, "category": "transfers"}
    body = client.post("/api/search", json=request).json()
    assert body["lang"] == "en"
    assert [(hit["lang"], hit["category"]) for hit in body["hits"]] == [("en", "transfers")]


def test_an_off_topic_question_is_not_answered(client: TestClient) -> None:
    body = client.post("/api/search", json={"query": "今天天气怎么样"}).json()
    assert body["answered"] is False


def test_an_emergency_comes_with_its_first_actions(client: TestClient) -> None:
    urgent = client.post("/api/search", json={"query": "钱包被盗了"}).json()["urgent"]
    assert urgent["article_id"] == "KB-0038"
    assert urgent["actions"] == ["新建钱包。", "转走剩余资产。", "撤销授权。"]


def test_a_secret_gives_its_kind_no_hits_and_nothing_of_the_text(client: TestClient) -> None:
    response = client.post("/api/search", json={"query": f"help {SECRET}"})
    body = response.json()
    assert (body["secret"], body["hits"], body["answered"]) == (
        {"kind": "recovery_phrase"},
        [],
        False,
    )
    assert "sausage" not in response.text


def test_a_secret_is_not_logged(client: TestClient, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    client.post("/api/search", json={"query": SECRET})
    client.post("/api/suggest", json={"prefix": SECRET})
    assert "sausage" not in caplog.text


def test_suggest_completes_with_links(client: TestClient) -> None:
    body = client.post("/api/suggest", json={"prefix": "zhuji", "lang": "zh"}).json()
    assert body == {
        "suggestions": [
            {"text": "助记词丢了怎么办？", "article_id": "KB-0052", "url": "/recovery/kb-0052/"}
        ]
    }


def test_suggest_says_nothing_about_emoji(client: TestClient) -> None:
    assert client.post("/api/suggest", json={"prefix": "🙂"}).json() == {"suggestions": []}


def test_articles_lists_every_article_in_a_language(client: TestClient) -> None:
    body = client.get("/api/articles", params={"lang": "en"}).json()
    assert len(body["articles"]) == 6
    assert body["snapshot"]
    only_zh = next(a for a in body["articles"] if a["article_id"] == "KB-0078")
    assert (only_zh["lang"], only_zh["languages"]) == ("zh", ["zh"])


def test_articles_can_be_those_of_one_category(client: TestClient) -> None:
    body = client.get("/api/articles", params={"category": "transfers"}).json()
    assert [a["article_id"] for a in body["articles"]] == ["KB-0019", "KB-0024"]


def test_an_article_gives_its_facts(client: TestClient) -> None:
    body = client.get("/api/articles/KB-0038", params={"lang": "en"}).json()
    assert (body["title"], body["urgency"]) == ("My wallet was stolen from", "urgent")
    assert (body["languages"], body["facts_checked"]) == (["en", "zh"], "2026-11-21")


def test_health_and_readiness_are_told_apart(client: TestClient) -> None:
    assert client.get("/healthz").json()["status"] == "alive"
    ready = client.get("/readyz").json()
    assert (ready["status"], ready["events"]) == ("ready", "off")
    with client_over(None) as empty:
        assert empty.get("/healthz").status_code == 200
        response = empty.get("/readyz")
        assert error_of(response, 503)["code"] == "NOT_READY"
        assert response.headers["Retry-After"] == "2"


@routes
def test_before_the_index_is_open_the_routes_say_try_again(route: str) -> None:
    with client_over(None) as empty:
        assert error_of(empty.post(route, json=body_of(route)), 503)["code"] == "NOT_READY"


def test_answers_are_not_stored_by_browsers_and_carry_safe_headers(client: TestClient) -> None:
    for response in (
        client.post("/api/search", json={"query": "网络"}),
        client.post("/api/search", json={"query": ""}),
        client.get("/api/articles"),
    ):
        assert response.headers["Cache-Control"] == "no-store"
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert response.headers["Referrer-Policy"] == "same-origin"


# --- bad input

# What follows holds for the text field of every POST route.
BAD_TEXTS: dict[str, tuple[Any, str]] = {
    "empty": ("", "FIELD_EMPTY"),
    "number": (5, "FIELD_TYPE"),
    "null": (None, "FIELD_TYPE"),
    "boolean": (True, "FIELD_TYPE"),
    "list": ([MARK], "FIELD_TYPE"),
    "object": ({MARK: MARK}, "FIELD_TYPE"),
    "10,000 characters": (MARK + "提" * 10_000, "FIELD_TOO_LONG"),
    "NUL": (f"{MARK}\x00", "FIELD_INVALID"),
    "escape sequence": (f"{MARK}\x1b[31m", "FIELD_INVALID"),
    "half a character": (f"{MARK}\ud800", "FIELD_NOT_UNICODE"),
    "halves in the wrong order": (f"{MARK}\ude42\ud83d", "FIELD_NOT_UNICODE"),
    "flood of one character": ("币" * 9_000, "FIELD_TOO_LONG"),
}


@routes
@pytest.mark.parametrize("name", BAD_TEXTS)
def test_a_bad_text_is_refused_by_the_name_of_the_field(
    client: TestClient, route: str, name: str
) -> None:
    field = POST_ROUTES[route][0]
    value, code = BAD_TEXTS[name]
    error = error_of(client.post(route, content=json.dumps({field: value}), headers=JSON), 422)
    assert (error["code"], error.get("field")) == (code, field)


@routes
def test_a_text_that_is_too_long_is_told_the_limit_of_its_field(
    client: TestClient, route: str
) -> None:
    field, limit = POST_ROUTES[route]
    assert client.post(route, json={field: "好" * limit}).status_code == 200
    error = error_of(client.post(route, json={field: "好" * (limit + 1)}), 422)
    assert error["remedy"] == f"Send at most {limit} characters."


@pytest.mark.parametrize("text", ["🙂" * 1000, "？？？", " \n\t ", "\u200b", "…"])
def test_a_question_without_a_word_is_refused(client: TestClient, text: str) -> None:
    error = error_of(client.post("/api/search", json={"query": text}), 422)
    assert (error["code"], error["field"]) == ("FIELD_INVALID", "query")


BAD_FIELDS: list[tuple[str, Any, str]] = [
    ("lang", "fr", "FIELD_NOT_ALLOWED"),
    ("lang", MARK, "FIELD_NOT_ALLOWED"),
    ("lang", ["zh"], "FIELD_NOT_ALLOWED"),
    ("lang", "\ud800", "FIELD_NOT_UNICODE"),
    ("limit", 0, "FIELD_OUT_OF_RANGE"),
    ("limit", 21, "FIELD_OUT_OF_RANGE"),
    ("limit", -(10**40), "FIELD_OUT_OF_RANGE"),
    ("limit", "5", "FIELD_TYPE"),
    ("limit", 5.5, "FIELD_TYPE"),
    ("limit", True, "FIELD_TYPE"),
    ("limit", float("nan"), "FIELD_TYPE"),
    ("limit", float("inf"), "FIELD_TYPE"),
    ("limit", None, "FIELD_TYPE"),
    ("url", MARK, "FIELD_UNKNOWN"),
]


@routes
@pytest.mark.parametrize(("field", "value", "code"), BAD_FIELDS)
def test_a_bad_option_is_refused_by_name(
    client: TestClient, route: str, field: str, value: Any, code: str
) -> None:
    if field == "limit" and route == "/api/deflect":
        code = "FIELD_UNKNOWN"  # it always gives the same few
    content = json.dumps(body_of(route, **{field: value}))
    error = error_of(client.post(route, content=content, headers=JSON), 422)
    assert (error["code"], error.get("field")) == (code, field)


@pytest.mark.parametrize("value", ["", MARK + "x" * 64, 5, ["transfers"], {"a": 1}, "\ud800"])
def test_a_bad_category_is_refused(client: TestClient, value: Any) -> None:
    content = json.dumps({"query": "转账", "category": value})
    assert (
        error_of(client.post("/api/search", content=content, headers=JSON), 422)["field"]
        == "category"
    )


@routes
def test_a_missing_field_is_named(client: TestClient, route: str) -> None:
    error = error_of(client.post(route, json={}), 422)
    assert (error["code"], error["field"]) == ("FIELD_MISSING", POST_ROUTES[route][0])


@routes
@pytest.mark.parametrize("key", [f"{MARK} is my phrase", MARK * 10, "\ud800", "", "提币", "a1"])
def test_an_unknown_field_that_may_be_a_text_is_not_repeated(
    client: TestClient, route: str, key: str
) -> None:
    content = json.dumps(body_of(route, **{key: 1}))
    error = error_of(client.post(route, content=content, headers=JSON), 422)
    assert error["code"] in ("FIELD_UNKNOWN", "FIELD_NOT_UNICODE")
    assert "field" not in error


NO_JSON = [
    b"{",
    b'{"query": "' + MARK.encode(),
    b"{'query': 'x'}",
    b'{"query": "a"} x',
    b"\xff\xfe\xfa",
    b'{"query": "\xff"}',
    b'{"query": "a\x00b"}',
    b"[" * 30_000,
    b'{"a":' * 10_000,
    b'{"limit": ' + b"9" * 5_000 + b"}",
    b"\x00" * 100,
    b"query=a",
]


@routes
@pytest.mark.parametrize("content", NO_JSON, ids=range(len(NO_JSON)))
def test_broken_json_is_called_so(client: TestClient, route: str, content: bytes) -> None:
    error = error_of(client.post(route, content=content, headers=JSON), 400)
    assert error["code"] == "BODY_NOT_JSON"


@routes
@pytest.mark.parametrize("content", [b"", b"[]", b'"x"', b"null", b"7", b"[[1]]", b"true"])
def test_json_that_is_no_object_is_called_so(
    client: TestClient, route: str, content: bytes
) -> None:
    error = error_of(client.post(route, content=content, headers=JSON), 422)
    assert error["code"] == "BODY_NOT_OBJECT"


@routes
def test_a_body_over_64_kb_is_refused_announced_or_not(client: TestClient, route: str) -> None:
    content = json.dumps(body_of(route, filler="x" * MAX_BODY_BYTES)).encode()
    pieces = (content[i : i + 9_000] for i in range(0, len(content), 9_000))
    for body in (content, pieces, b" " * (MAX_BODY_BYTES + 1)):
        error = error_of(client.post(route, content=body, headers=JSON), 413)
        assert error["code"] == "BODY_TOO_LARGE"


@routes
def test_a_body_of_64_kb_is_read(client: TestClient, route: str) -> None:
    content = json.dumps(body_of(route)).encode()
    content += b" " * (MAX_BODY_BYTES - len(content))
    assert client.post(route, content=content, headers=JSON).status_code == 200


@routes
@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "", "json"])
def test_a_body_that_is_not_declared_as_json_is_refused(
    client: TestClient, route: str, kind: str
) -> None:
    response = client.post(
        route, content=json.dumps(body_of(route)), headers={"Content-Type": kind}
    )
    assert "application/json" in error_of(response, 415)["remedy"]


@routes
def test_a_body_that_declares_nothing_is_refused(client: TestClient, route: str) -> None:
    error_of(client.post(route, content=json.dumps(body_of(route))), 415)


@routes
def test_a_compressed_body_is_refused(client: TestClient, route: str) -> None:
    headers = {**JSON, "Content-Encoding": "gzip"}
    assert (
        error_of(client.post(route, content=b"x", headers=headers), 415)["code"] == "BODY_ENCODED"
    )


@routes
def test_json_with_a_charset_is_read(client: TestClient, route: str) -> None:
    headers = {"Content-Type": "Application/JSON; charset=utf-8"}
    content = json.dumps(body_of(route), ensure_ascii=False).encode()
    assert client.post(route, content=content, headers=headers).status_code == 200


@pytest.mark.parametrize("number", ["KB-9999", MARK, "%00", "%ff%fe", "KB-0019%20", "../../etc"])
def test_an_unknown_article_is_not_found(client: TestClient, number: str) -> None:
    error_of(client.get(f"/api/articles/{number}"), 404)


@pytest.mark.parametrize(
    "query", [f"lang={MARK}", "lang=", f"category={MARK}{'x' * 64}", "lang=ZH"]
)
def test_a_bad_parameter_of_the_list_is_refused(client: TestClient, query: str) -> None:
    assert error_of(client.get(f"/api/articles?{query}"), 422)["field"] in ("lang", "category")


def test_an_unknown_address_and_a_wrong_method_are_told_apart(client: TestClient) -> None:
    assert error_of(client.get(f"/api/{MARK}"), 404)["code"] == "NOT_FOUND"
    response = client.get(f"/api/search?query={MARK}")
    assert error_of(response, 405)["code"] == "METHOD_NOT_ALLOWED"
    assert response.headers["Allow"] == "POST"


# --- fuzzing

ANY_TEXT = st.text(alphabet=st.characters(exclude_categories=()), max_size=300)
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | ANY_TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(ANY_TEXT, inner, max_size=4),
    max_leaves=8,
)
KEYS = st.sampled_from(["query", "prefix", "lang", "limit", "category"])
fuzz = settings(
    deadline=None,
    max_examples=60,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def check_answer(response: Any) -> None:
    if response.status_code != 200:
        assert response.status_code in (400, 413, 415, 422)
        error_of(response, response.status_code)


@routes
@fuzz
@given(data=st.dictionaries(KEYS, ANY_JSON, max_size=5) | ANY_JSON)
def test_no_json_brings_it_down(client: TestClient, route: str, data: Any) -> None:
    check_answer(client.post(route, content=json.dumps(data), headers=JSON))


@routes
@fuzz
@given(content=st.binary(max_size=400))
def test_no_bytes_bring_it_down(client: TestClient, route: str, content: bytes) -> None:
    check_answer(client.post(route, content=content, headers=JSON))


@routes
@fuzz
@given(text=ANY_TEXT)
def test_no_text_brings_it_down(client: TestClient, route: str, text: str) -> None:
    field = POST_ROUTES[route][0]
    check_answer(client.post(route, content=json.dumps({field: text}), headers=JSON))


@fuzz
@given(text=ANY_TEXT)
def test_no_refusal_repeats_the_text(client: TestClient, text: str) -> None:
    content = json.dumps({"query": text + MARK + "\x00", text + MARK: text + MARK})
    error_of(client.post("/api/search", content=content, headers=JSON), 422)


# --- faults and overload


class Broken:
    """A searcher with a fault that knows the query."""

    def search(self, query: Any) -> None:
        raise RuntimeError(f"cannot search for {query.text}")


def test_a_fault_of_ours_is_a_500_that_tells_nothing_of_the_query(
    caplog: pytest.LogCaptureFixture,
) -> None:
    app = create_app(SimpleNamespace(searcher=Broken()), ServerSettings())
    with TestClient(app, raise_server_exceptions=True) as client:  # nothing gets to the server
        response = client.post("/api/search", json={"query": MARK})
    assert error_of(response, 500)["code"] == "INTERNAL"
    assert response.headers["Cache-Control"] == "no-store"
    assert "RuntimeError in /api/search" in caplog.text
    assert MARK not in caplog.text


class Slow:
    """A searcher that answers only when it is let go."""

    def __init__(self) -> None:
        self.started = threading.Semaphore(0)
        self.let_go = threading.Event()
        self._searcher = make_searcher(make_parts())

    def search(self, query: Any) -> Any:
        self.started.release()
        self.let_go.wait(10)
        return self._searcher.search(query)


@pytest.fixture
def slow() -> Iterator[Slow]:
    slow = Slow()
    yield slow
    slow.let_go.set()


def post_in_a_thread(client: TestClient) -> threading.Thread:
    request = {"json": {"query": "网络"}}
    thread = threading.Thread(target=client.post, args=("/api/search",), kwargs=request)
    thread.start()
    return thread


def test_a_full_queue_says_come_back_in_a_second(slow: Slow) -> None:
    limits = ServerSettings(search_threads=1, queue_length=1, deadline_ms=10_000)
    app = create_app(SimpleNamespace(searcher=slow), limits)
    statuses: list[int] = []

    with TestClient(app, raise_server_exceptions=False) as client:

        def post() -> Any:
            response = client.post("/api/search", json={"query": "网络"})
            statuses.append(response.status_code)
            return response

        threads = [threading.Thread(target=post) for _ in range(2)]
        threads[0].start()
        assert slow.started.acquire(timeout=5)
        threads[1].start()
        time.sleep(0.2)  # the second one waits in the queue
        response = post()
        assert error_of(response, 503)["code"] == "BUSY"
        assert response.headers["Retry-After"] == "1"
        slow.let_go.set()
        for thread in threads:
            thread.join()
    assert sorted(statuses) == [200, 200, 503]


def test_who_waits_too_long_is_told_to_come_back(slow: Slow) -> None:
    limits = ServerSettings(search_threads=1, queue_length=9, deadline_ms=50)
    app = create_app(SimpleNamespace(searcher=slow), limits)
    with TestClient(app, raise_server_exceptions=False) as client:
        first = post_in_a_thread(client)
        assert slow.started.acquire(timeout=5)
        assert error_of(client.post("/api/search", json={"query": "网络"}), 503)["code"] == "BUSY"
        slow.let_go.set()
        first.join()


def test_suggestions_and_health_answer_while_searches_are_stuck(slow: Slow) -> None:
    app = create_app(SimpleNamespace(searcher=slow), ServerSettings(search_threads=1))
    with TestClient(app, raise_server_exceptions=False) as client:
        first = post_in_a_thread(client)
        assert slow.started.acquire(timeout=5)
        assert client.get("/healthz").status_code == 200
        slow.let_go.set()
        first.join()


def test_the_lane_is_free_again_after_refusals_and_faults() -> None:
    async def use() -> list[Any]:
        lane = SearchLane(threads=1, queue_length=1, deadline_s=5)
        busy = [lane.run(lambda: time.sleep(0.05)) for _ in range(4)]
        found = await asyncio.gather(*busy, return_exceptions=True)
        with pytest.raises(ZeroDivisionError):
            await lane.run(lambda: 1 // 0)
        found.append(await lane.run(lambda: "free"))
        lane.close()
        return found

    *early, last = asyncio.run(use())
    refused = [one for one in early if isinstance(one, ApiError)]
    assert {error.code for error in refused} == {"BUSY"}
    assert len(refused) in (2, 3)
    assert last == "free"


# --- the site beside the endpoint


@pytest.fixture
def site_client(tmp_path: Path) -> Iterator[TestClient]:
    for name in ("index.html", "404.html", "en/404.html", "transfers/x/index.html"):
        path = tmp_path / "site" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"<p>{name}</p>", encoding="utf-8")
    (tmp_path / "secret.txt").write_text(MARK)
    with client_over(make_searcher(make_parts()), site=tmp_path / "site") as client:
        yield client


@pytest.mark.parametrize(
    ("address", "status", "page"),
    [
        ("/", 200, "index.html"),
        ("/transfers/x/", 200, "transfers/x/index.html"),
        ("/nothing/", 404, "404.html"),
        ("/en/nothing/", 404, "en/404.html"),
    ],
)
def test_pages_are_served_and_missing_ones_in_their_language(
    site_client: TestClient, address: str, status: int, page: str
) -> None:
    response = site_client.get(address)
    assert (response.status_code, response.text) == (status, f"<p>{page}</p>")
    assert response.headers["Cache-Control"] == "no-cache"


@pytest.mark.parametrize("address", ["/..%2fsecret.txt", "/%2e%2e/secret.txt", "/..\\secret.txt"])
def test_nothing_outside_the_site_is_served(site_client: TestClient, address: str) -> None:
    response = site_client.get(address)
    assert response.status_code == 404
    assert MARK not in response.text


def test_the_endpoint_keeps_its_error_shape_beside_the_site(site_client: TestClient) -> None:
    error_of(site_client.get("/api/nothing"), 404)
    wrong_method = site_client.get("/api/search")
    assert error_of(wrong_method, 405)["code"] == "METHOD_NOT_ALLOWED"
    assert wrong_method.headers["Allow"] == "POST"
    error_of(site_client.post("/nothing", json={}), 405)
    assert site_client.post("/api/search", json={"query": "网络"}).status_code == 200


def test_a_page_travels_compressed_when_the_browser_can(tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text("<p>帮助</p>" * 500, encoding="utf-8")
    with client_over(make_searcher(make_parts()), site=tmp_path) as client:
        packed = client.get("/", headers={"Accept-Encoding": "gzip"})
        plain = client.get("/", headers={"Accept-Encoding": "identity"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert packed.text == plain.text
    assert "Content-Encoding" not in plain.headers
