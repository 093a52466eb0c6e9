from __future__ import annotations

from pathlib import Path

from site_folder import SiteFolder

from kb_build.service_levels import ServiceLevels, read_service_levels
from kb_build.settings import load_kb_settings

ROOT = Path(__file__).parents[1]


def own_levels() -> ServiceLevels:
    read = read_service_levels(load_kb_settings(ROOT))
    assert read.problems == ()
    assert read.data is not None
    return read.data


def test_no_file_is_no_promise(site: SiteFolder) -> None:
    read = read_service_levels(site.settings)
    assert (read.data, read.problems) == (None, ())


def test_every_class_of_an_article_has_the_target_that_articles_name() -> None:
    parameters = load_kb_settings(ROOT).parameters
    classes = {one.id: one.commitment for one in own_levels().response_classes}
    assert set(classes) == {"general", "technical", "urgent"}
    for name, commitment in classes.items():
        assert commitment == parameters[f"response_{name}"]


def test_what_was_only_observed_is_no_promise() -> None:
    levels = own_levels()
    promises = [channel.first_response for channel in levels.channels]
    promises += [one.commitment for one in levels.response_classes]
    assert not [text for text in promises if "3小时" in text["zh"] or "hours" in text["en"]]
    assert "1–3小时" in levels.peak_hours.note["zh"]  # the honest note


def test_nobody_is_told_to_share_a_screen_or_to_expect_private_messages() -> None:
    levels = own_levels()
    assert any("远程控制" in text["zh"] for text in levels.never)
    social = next(channel for channel in levels.channels if channel.id == "social_media")
    assert social.note is not None
    assert "私信" in social.note["zh"]


def test_a_wrong_class_is_told_with_its_line(site: SiteFolder) -> None:
    text = (ROOT / "docs/_data/service_levels.yml").read_text("utf-8")
    site.write("docs/_data/service_levels.yml", text.replace("- id: urgent", "- id: sometimes"))
    line = text[: text.index("- id: urgent")].count("\n") + 1
    problems = [str(p) for p in read_service_levels(site.settings).problems if p.code == "KB110"]
    assert problems[0].startswith(
        f"docs/_data/service_levels.yml:{line}: error[KB110] key 'id' is 'sometimes'."
    )
