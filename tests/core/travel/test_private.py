"""What a run's file says does not name whose computer it was made on."""

from __future__ import annotations

import pytest

from core.travel.private import without_paths


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("Put it in /home/anna/weights as vgg16.h5.", "Put it in … as vgg16.h5."),
        ("Put it in /home/Anna Müller/weights as vgg16.h5.", "Put it in … as vgg16.h5."),
        (
            "There is no file /srv/Dr. A. van der Berg/films/a.png; import it.",
            "There is no file …; import it.",
        ),
        (r"C:\Users\Anna Müller\w.h5 is damaged.", "… is damaged."),
        ("It was made from /home/anna/films on 1/2 of them.", "It was made from … on 1/2 of them."),
        ("One half, 1/2, of 12 and/or 13 films.", "One half, 1/2, of 12 and/or 13 films."),
    ],
)
def test_a_path_goes_whole_where_a_name_in_it_has_blanks(said: str, told: str) -> None:
    assert without_paths({"a": [said]}) == {"a": [told]}
