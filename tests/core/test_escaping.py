"""Names from outside are shown as they are. That a browser does so: tests/browser."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from core.escaping import JOINER, markdown, plotly, terminal


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("**b** _i_ `c` ~~s~~", r"\*\*b\*\* \_i\_ \`c\` \~\~s\~\~"),
        ("![x](http:/a) [l](b)", r"!\[x\](http\:/a) \[l\](b)"),
        ("<b>x</b> &lt; A&E & B", r"\<b\>x\</b\> \&lt; A&E & B"),
        ("$x$ :red[y] | z", r"\$x\$ \:red\[y\] \| z"),
        ("# head\n\n- one\r\n  two\u2028three", r"\# head - one two three"),
        ("- one", r"\- one"),
        ("+ one", r"\+ one"),
        ("=== x", r"\=== x"),
        ("12. one", r"12\. one"),
        ("1) one", r"1\) one"),
        ("    code", "code"),
        ("bell\x07", "bell\ufffd"),
        ("a\\b", r"a\\b"),
        ("why: this", "why: this"),
        ("film-1--2.png 12:30", r"film-1--2.png 12\:30"),
        ("肺炎 Ödem", "肺炎 Ödem"),
        (4, "4"),
    ],
)
def test_markdown_shows_a_name_as_it_is(text: object, said: str) -> None:
    assert markdown(text) == said


@pytest.mark.parametrize(
    "text",
    [":smile:", ":material/home:", "a@b.cd", "x -> y",
     "a -- b", "<->", ">= 3", "~= 3", ":+1:"],
)  # fmt: skip
def test_what_is_replaced_after_the_backslashes_is_parted(text: str) -> None:
    said = markdown(text)
    assert JOINER in said
    assert said.replace(JOINER, "").replace("\\", "") == text


def test_an_address_is_code_that_can_be_copied() -> None:
    assert markdown("Fetch https://a.b/c_d?e=*f*.") == "Fetch `https://a.b/c_d?e=*f*`."
    assert markdown("www.a.b (see HTTP://c.d)") == "`www.a.b` (see `HTTP://c.d`)"
    assert markdown("http://a.b/`x`/y") == "`` http://a.b/`x`/y ``"
    assert markdown("![x](http://a.b/x.png) _y_") == r"!\[x\](`http://a.b/x.png`) \_y\_"


def test_a_chart_shows_a_name_as_it_is() -> None:
    assert plotly("<b>x</b> & %{y}<br>") == "&lt;b&gt;x&lt;/b&gt; &amp; %&#123;y}&lt;br&gt;"
    assert plotly("two\nlines") == "two lines"
    assert plotly("12 % {of} A") == "12 % {of} A"


def test_a_name_moves_nothing_in_a_terminal() -> None:
    assert terminal("a\x1b[31mred\x1b]0;title\x07\r\x9b2J") == (
        "a\ufffd[31mred\ufffd]0;title\ufffd\ufffd\ufffd2J"
    )
    assert terminal("two\nlines\tand 肺炎") == "two\nlines\tand 肺炎"


@pytest.mark.parametrize("sign", ["\u202a", "\u202e", "\u2066", "\u2069"], ids=ascii)
@pytest.mark.parametrize("show", [markdown, plotly, terminal])
def test_a_name_does_not_turn_the_sentence_around_it(show: Callable[[str], str], sign: str) -> None:
    assert show(f"film{sign}gnp is new") == "film\ufffdgnp is new"
    assert show("مريض (1)") == "مريض (1)"
