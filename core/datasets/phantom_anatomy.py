"""The shapes inside a phantom film: outlines of lungs, heart, ribs and the rest.

Coordinates: ``u`` is the signed distance from the midline (positive towards the right
of the picture, the patient's left), ``v`` the height from the top; both in units of the
film's side. Arrays of points have shape (n, 2) and are float64.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]


@dataclass(frozen=True)
class Anatomy:
    """What differs from one patient and breath to the next; lengths in film sides."""

    chest: float  # half the widest inner width of the rib cage
    apex: float  # height of the top of the lungs
    dome: float  # height of the right diaphragm's top
    dome_step: float  # how much lower the left one stands
    heart: float  # size of the heart, 1 = average
    knob: float  # size of the aortic knob, 1 = average
    rib_tilt: float  # how steeply the ribs fall, 1 = average
    rib_width: float
    clavicle: float  # height of the clavicles' inner ends
    shoulder: float  # height of the shoulders
    flesh: float  # thickness of the soft tissue at the side of the chest
    spine_bend: float  # sideways bend of the spine
    breast: float  # size of the breasts, 0 = no shadow


def vary(
    patient: np.random.Generator, film: np.random.Generator, sex: str, age: float, view: str
) -> Anatomy:
    """A patient's anatomy as one film shows it: ``film`` moves only breath and posture."""
    old = (age - 50) / 40
    supine = view != "PA"
    chest = patient.uniform(0.345, 0.395) - (0.010 if sex == "F" else 0.0)
    return Anatomy(
        chest=chest,
        apex=patient.uniform(0.085, 0.125) + film.uniform(-0.01, 0.01),
        dome=patient.uniform(0.70, 0.78) + film.uniform(-0.025, 0.02) - 0.04 * supine,
        dome_step=patient.uniform(0.012, 0.035),
        heart=patient.uniform(0.88, 1.12) + 0.05 * old + 0.13 * supine,
        knob=patient.uniform(0.85, 1.15) + 0.15 * old,
        rib_tilt=patient.uniform(0.8, 1.2) + film.uniform(-0.06, 0.06) + 0.06 * old,
        rib_width=patient.uniform(0.022, 0.029),
        clavicle=patient.uniform(0.165, 0.205) + film.uniform(-0.01, 0.01) - 0.025 * supine,
        shoulder=patient.uniform(0.07, 0.12),
        flesh=patient.uniform(0.06, 0.12),
        spine_bend=patient.normal(0, 0.006 + 0.003 * max(old, 0)),
        breast=patient.uniform(0.7, 1.25) if sex == "F" else 0.0,
    )


def smooth(points: Points, rounds: int = 3, closed: bool = True) -> Points:
    """Corner cutting (Chaikin 1974): each round replaces a corner by two softer ones."""
    for _ in range(rounds):
        after = np.roll(points, -1, axis=0)
        near, far = 0.75 * points + 0.25 * after, 0.25 * points + 0.75 * after
        cut = np.stack([near, far], axis=1).reshape(-1, 2)
        points = cut if closed else np.vstack([points[:1], cut[:-2], points[-1:]])
    return points


def mirrored(points: Points, side: int) -> Points:
    """``side`` +1 leaves the points, -1 takes them to the other half of the chest."""
    values: np.ndarray = points * np.array([side, 1.0])
    return values


def wall(body: Anatomy, v: NDArray[np.float64]) -> NDArray[np.float64]:
    """Half the inner width of the rib cage at height ``v``: a superellipse, then straight."""
    widest = 0.72
    above = np.clip((widest - v) / (widest - body.apex), 0, 1)
    below = np.clip((v - widest) / 0.3, 0, 1)
    return body.chest * np.sqrt(1 - above**2.3) * (1 - 0.06 * below**2)


def diaphragm(body: Anatomy, side: int, u: NDArray[np.float64]) -> NDArray[np.float64]:
    """Height of the dome at distance ``u`` ≥ 0 from the midline."""
    top = body.dome + (body.dome_step if side > 0 else 0.0)
    across = u / body.chest
    lateral = np.clip((across - 0.45) / 0.55, 0, 1)
    medial = np.clip((0.45 - across) / 0.45, 0, 1)
    return top + 0.125 * lateral**2.4 + 0.045 * medial**2


def lung(body: Anatomy, side: int) -> Points:
    """Outline of one lung, as far as the heart's shadow would let it be seen, and behind it."""
    corner = float(diaphragm(body, side, np.array([body.chest]))[0])
    v = np.linspace(body.apex, corner, 30)
    outer = np.column_stack([np.maximum(wall(body, v), 0.055), v])
    u = np.linspace(outer[-1, 0], 0.05, 20)
    base = np.column_stack([u, diaphragm(body, side, u)])
    v = np.linspace(base[-1, 1], body.apex + 0.03, 10)
    inner = np.column_stack([np.full(10, 0.05), v])
    return mirrored(np.vstack([outer, base[1:], inner[1:]]), side)


def mediastinum(body: Anatomy) -> Points:
    """Heart, great vessels and what lies around the trachea: one outline."""
    size, knob, floor = body.heart, body.knob, body.dome + 0.06
    drop = floor - 0.80
    return smooth(
        np.array(
            [
                (-0.050, 0.05), (-0.052, 0.16), (-0.060, 0.27), (-0.064, 0.38 + drop / 2),
                (-0.095 * size, 0.50 + drop), (-0.118 * size, 0.61 + drop),
                (-0.108 * size, 0.72 + drop), (-0.06, floor + 0.03), (0.06, floor + 0.06),
                (0.20 * size, floor + 0.03), (0.252 * size, 0.765 + drop),
                (0.240 * size, 0.68 + drop), (0.175 * size, 0.54 + drop),
                (0.105, 0.44 + drop / 2), (0.068, 0.385), (0.088 * knob, 0.335),
                (0.092 * knob, 0.285), (0.066 * knob, 0.245), (0.048, 0.16), (0.050, 0.05),
            ]
        )
    )  # fmt: skip


def trunk(body: Anatomy) -> Points:
    """Neck, shoulders and trunk of the whole body, closed below the film's edge."""
    side, high = body.chest + body.flesh, body.shoulder
    half = np.array(
        [
            (0.095, -0.35), (0.100, -0.10), (0.15, high - 0.075), (0.28, high - 0.035),
            (0.42, high - 0.005), (0.54, high + 0.07), (0.62, 0.36), (0.76, 0.66), (0.66, 0.70),
            (side + 0.07, 0.46), (side + 0.012, 0.52), (side, 0.62), (side + 0.005, 0.80),
            (side + 0.07, 1.3),
        ]
    )  # fmt: skip
    return smooth(np.vstack([half, mirrored(half, -1)[::-1]]))


def ribs(body: Anatomy, side: int) -> tuple[Points, Points]:
    """Middle lines of the ribs' back parts (10, 14, 2) and front parts (8, 14, 2).

    A quarter of an ellipse each: the back part leaves the spine level and meets the chest
    wall upright, where the front part goes on downwards and towards the breast bone.
    """
    number = np.arange(10)[:, None]
    start = body.apex - 0.005 + 0.072 * number * (0.78 - body.apex) / 0.68
    fall = (0.035 + 0.0135 * number) * body.rib_tilt
    reach = wall(body, start + fall) + 0.006
    turn = np.linspace(0, np.pi / 2, 14)[None, :]
    back_u = 0.045 + (reach - 0.045) * np.sin(turn)
    back_v = start + fall * (1 - np.cos(turn)) - 0.020 * np.sin(turn * 2)
    inner, run = 0.10 + 0.016 * number, (0.075 + 0.016 * number) * body.rib_tilt
    front_u = inner + (reach - inner) * np.cos(turn)
    front_v = start + fall + run * np.sin(turn)
    back, front = np.stack([back_u, back_v], -1), np.stack([front_u, front_v], -1)
    return mirrored(back, side), mirrored(front[:8], side)


def clavicle(body: Anatomy, side: int, lift: float) -> Points:
    """Middle line of one clavicle: an S from the breast bone to the shoulder."""
    inner = body.clavicle
    line = np.array(
        [(0.036, inner + 0.016), (0.09, inner + 0.004), (0.16, inner - 0.030),
         (0.25, inner - 0.058 - lift), (0.33, inner - 0.056 - lift), (0.41, inner - 0.080 - lift)]
    )  # fmt: skip
    return mirrored(smooth(line, closed=False), side)


def scapula(body: Anatomy, side: int, swing: float) -> Points:
    """One shoulder blade; ``swing`` moves it over the lung, as in films of lying patients."""
    out = body.chest + 0.055 - swing
    top = body.shoulder + 0.07
    shape = np.array(
        [(out - 0.07, top), (out + 0.06, top - 0.02), (out + 0.10, top + 0.05),
         (out + 0.035, top + 0.16), (out + 0.005, top + 0.34), (out - 0.03, top + 0.30)]
    )  # fmt: skip
    return mirrored(smooth(shape), side)


def breast(body: Anatomy, side: int, sag: float) -> Points:
    """Outline of one breast's shadow: flat above, round below."""
    middle, width = 0.55 * body.chest, 0.17 * body.breast
    turn = np.linspace(0, 2 * np.pi, 28, endpoint=False)
    height = np.where(np.sin(turn) > 0, 0.11, 0.20) * body.breast
    points = np.column_stack([middle + width * np.cos(turn), 0.66 + sag + height * np.sin(turn)])
    return mirrored(points, side)


def band(line: Points, width: float) -> tuple[Points, Points]:
    """The two edges of a band of this width around a middle line (…, n, 2)."""
    along = np.gradient(line, axis=-2)
    normal = np.stack([-along[..., 1], along[..., 0]], -1)
    normal /= np.linalg.norm(normal, axis=-1, keepdims=True)
    return line + normal * width / 2, line - normal * width / 2


def vessels(rng: np.random.Generator, body: Anatomy, side: int) -> list[tuple[Points, float]]:
    """A lung's vessels branching outwards from the hilum, the thickest first.

    One entry a generation: middle lines (n, 7, 2) and their width where they begin.
    """
    root = np.array([0.085, 0.43 - (0.015 if side > 0 else 0.0)])
    heading = np.linspace(-1.30, 1.45, 7) + rng.normal(0, 0.12, 7)
    start = root + rng.normal(0, 0.014, (7, 2))
    length, width, steps = rng.uniform(0.17, 0.30, 7), 0.0115, 6
    found: list[tuple[Points, float]] = []
    for _ in range(4):
        turns = heading[:, None] + np.cumsum(rng.normal(0, 0.15, (len(heading), steps)), axis=1)
        stride = np.stack([np.cos(turns), 1.15 * np.sin(turns)], -1)
        path = start[:, None] + np.cumsum(stride * (length / steps)[:, None, None], axis=1)
        lines = np.concatenate([start[:, None], path], axis=1)
        found.append((mirrored(lines, side), width))
        # Each vessel gives off two thinner ones, at different places on its way.
        at = np.stack([rng.integers(1, 4, len(heading)), rng.integers(4, 6, len(heading))], 1)
        rows = np.arange(len(heading))[:, None]
        start = lines[rows, at].reshape(-1, 2)
        aside = rng.choice([-1, 1], at.shape) * rng.uniform(0.35, 0.85, at.shape)
        heading = (turns[rows, at] + aside).ravel()
        length = np.repeat(length, 2) * rng.uniform(0.42, 0.7, at.size)
        width *= 0.62
    return found
