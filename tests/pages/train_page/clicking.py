"""What tests of Train click on and read."""

from __future__ import annotations

from streamlit.testing.v1 import AppTest

from tests.pages.opening import open_app


def click(app: AppTest, key: str) -> AppTest:
    app.button(key).click().run()
    assert not app.exception
    return app


def open_form() -> AppTest:
    """The form with the CNN chosen: any weights are the same to it."""
    app = open_app("train")
    app.checkbox("new_model_efficientnetlite0").uncheck()
    app.checkbox("new_model_cnn").check().run()
    return app


def labels(app: AppTest) -> list[str]:
    return [one.label for one in app.button]
