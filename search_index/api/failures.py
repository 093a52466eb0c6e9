"""Turns every failure into the one error shape; never repeats what the client sent."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

_LOG = logging.getLogger(__name__)


class ApiError(Exception):
    """A failure with an HTTP status and the parts of the error shape."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        remedy: str,
        *,
        field: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.remedy = remedy
        self.field = field
        self.headers = dict(headers or {})

    def response(self) -> JSONResponse:
        """Return the HTTP answer."""
        error = {"code": self.code, "message": self.message, "remedy": self.remedy}
        if self.field:
            error["field"] = self.field
        return JSONResponse({"error": error}, self.status, self.headers)


def article_unknown() -> ApiError:
    """Return the failure of a request for an article that does not exist."""
    return ApiError(
        404,
        "ARTICLE_UNKNOWN",
        "There is no article with this number.",
        "See /api/articles for all of them.",
        field="article_id",
    )


_NOT_JSON = ("BODY_NOT_JSON", "The body is not valid JSON.", "Send a JSON object.")
_BY_STATUS = {
    400: _NOT_JSON,  # FastAPI's answer to what json.loads refuses without a JSONDecodeError
    404: ("NOT_FOUND", "There is nothing at this address.", "See /openapi.json for all routes."),
    405: ("METHOD_NOT_ALLOWED", "This address takes another method.", "See /openapi.json."),
}

# pydantic's error type → (code, message, remedy)
_BY_TYPE: dict[str, tuple[str, str, str]] = {
    "missing": ("FIELD_MISSING", "A required field is missing.", "Add it to the body."),
    "extra_forbidden": ("FIELD_UNKNOWN", "The body holds a field that is not known.", "Remove it."),
    "string_too_short": ("FIELD_EMPTY", "The text is empty.", "Send at least one word."),
    "string_unicode": (
        "FIELD_NOT_UNICODE",
        "The text holds half of a character (a lone surrogate).",
        "Send well-formed Unicode.",
    ),
    "greater_than_equal": ("FIELD_OUT_OF_RANGE", "The number is too small.", "See /openapi.json."),
    "less_than_equal": ("FIELD_OUT_OF_RANGE", "The number is too large.", "See /openapi.json."),
    "literal_error": (
        "FIELD_NOT_ALLOWED",
        "The value is none of those allowed.",
        "See /openapi.json.",
    ),
}
_BY_TYPE |= {
    "union_tag_not_found": ("FIELD_MISSING", "The field 'type' is missing.", "Add it to the body."),
    "union_tag_invalid": _BY_TYPE["literal_error"],
    "string_pattern_mismatch": (
        "FIELD_INVALID",
        "The value does not have the right form.",
        "See /openapi.json.",
    ),
}
_NOT_OF_TYPE = ("FIELD_TYPE", "The value has the wrong type.", "See /openapi.json for the type.")


def install_handlers(app: FastAPI) -> None:
    """Make ``app`` answer every refusal in the one shape; faults of ours: `internal_error`."""

    @app.exception_handler(ApiError)
    async def api_error(request: Request, exc: ApiError) -> JSONResponse:
        return exc.response()

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, exc: RequestValidationError) -> JSONResponse:
        return _explain(exc.errors()).response()

    @app.exception_handler(HTTPException)
    async def http_error(request: Request, exc: HTTPException) -> JSONResponse:
        code, message, remedy = _BY_STATUS.get(
            exc.status_code, ("HTTP_ERROR", "The request failed.", "See /openapi.json.")
        )
        return ApiError(exc.status_code, code, message, remedy, headers=exc.headers).response()


def internal_error(request: Request, exc: Exception) -> JSONResponse:
    """Return the answer to a fault of ours; log its kind and place.

    Its text may hold what the person typed, so it is not logged, nor raised again: a handler of
    `Exception` would be, and the server would log it.
    """
    frames = traceback.extract_tb(exc.__traceback__)
    place = f"{frames[-1].filename}:{frames[-1].lineno}" if frames else "?"
    _LOG.error("unexpected %s in %s at %s", type(exc).__name__, request.url.path, place)
    return ApiError(
        500,
        "INTERNAL",
        "The server failed.",
        "Try again; if it stays, tell the operator the time of the request.",
    ).response()


def _explain(errors: Sequence[Any]) -> ApiError:
    first = errors[0]
    kind = str(first["type"])
    if kind == "json_invalid":
        return ApiError(400, *_NOT_JSON)
    field = ".".join(map(str, first["loc"][1:])) or None  # the first part is "body" or "query"
    if field is None and kind in ("missing", "model_attributes_type", "dict_type"):
        return ApiError(422, "BODY_NOT_OBJECT", "The body is not an object.", "Send a JSON object.")
    if kind == "extra_forbidden":
        code, message, remedy = _BY_TYPE[kind]
        return ApiError(422, code, message, remedy, field=_known_or_none(field))
    if kind == "value_error":
        message = f"The text {first['ctx']['error']}."
        return ApiError(422, "FIELD_INVALID", message, "Write the question in words.", field=field)
    if kind == "string_too_long":
        remedy = f"Send at most {first['ctx']['max_length']} characters."
        return ApiError(422, "FIELD_TOO_LONG", "The text is too long.", remedy, field=field)
    code, message, remedy = _BY_TYPE.get(kind, _NOT_OF_TYPE)
    return ApiError(422, code, message, remedy, field=field)


def _known_or_none(field: str | None) -> str | None:
    """Return a field name only if it can be no more than a name: letters and underscores."""
    if field and len(field) <= 32 and field.replace("_", "").isalpha() and field.isascii():
        return field
    return None
