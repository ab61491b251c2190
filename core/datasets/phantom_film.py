"""Draws one artificial chest film from shapes: attenuation first, then exposure and grain.

Not a simulation: a stand-in that lets every page work before real films are there, with
a finding whose place is known to the pixel.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from core.datasets import phantom_anatomy as anatomy
from core.datasets.phantom_anatomy import Anatomy
from core.datasets.phantom_canvas import Canvas, Layer, Pixels, blur, clouds
from core.errors import InputError

# Added attenuation from which a pixel belongs to an opacity; a lung's own texture has a
# standard deviation of about 0.02, so this is what an eye can begin to see.
OPACITY_THRESHOLD = 0.07
MARKER_CORNERS = ("top_left", "top_right")


@dataclass(frozen=True)
class Phantom:
    """A drawn film. ``pixels`` uint8 (S,S), 0 = black; masks uint8 (S,S), 0 or 255.

    ``opacity_mask`` is all 0 for a film without opacities. ``sex`` F or M, ``age`` in
    years, ``view`` PA or AP.
    """

    pixels: Pixels
    opacity_mask: Pixels
    lung_mask: Pixels
    sex: str
    age: float
    view: str


@dataclass(frozen=True)
class Person:
    """Who is on the film; the seed fixes the anatomy."""

    seed: int
    sex: str
    age: float


def person(seed: int) -> Person:
    """A patient whose sex and age follow from the seed alone."""
    rng = np.random.default_rng([seed, 1])
    return Person(seed, str(rng.choice(["F", "M"])), float(rng.integers(20, 90)))


def render(
    who: Person,
    seed: int,
    view: str,
    *,
    covid_like: bool,
    size: int,
    marker: str | None,
    strength: float = 1.0,
) -> Phantom:
    """Draw one film of ``who``; see ``core.datasets.phantom.draw``."""
    if marker is not None and marker not in MARKER_CORNERS:
        raise InputError(f"A marker stands in one of {', '.join(MARKER_CORNERS)}, not {marker}.")
    if size < 32:
        raise InputError(f"A phantom film needs at least 32 pixels a side, not {size}.")
    patient, film = np.random.default_rng([who.seed, 2]), np.random.default_rng([seed, 3])
    body = anatomy.vary(patient, film, who.sex, who.age, view)
    canvas = Canvas(
        size,
        turn=np.radians(film.normal(0, 1.8)),
        scale=film.uniform(0.97, 1.14),
        shift=(film.normal(0, 0.012), film.normal(0.005, 0.012)),
    )
    sharp_lungs = canvas.blank()
    for side in (-1, 1):
        canvas.fill(sharp_lungs, anatomy.lung(body, side))
    heart = canvas.shape([anatomy.mediastinum(body)], 0.008)
    air = canvas.soft(sharp_lungs, 0.005)
    # Air that the X-rays really pass: none beside the wall, most in the middle of a lung.
    depth = air * (0.50 + 0.50 * canvas.soft(sharp_lungs, 0.04)) * (1 - 0.68 * heart)

    dense = _soft_tissue(canvas, body, who, patient) + 0.10 * heart * air - 0.56 * depth
    dense += _bones(canvas, body, film, who.age, view, air, heart)
    dense += _lung_markings(canvas, body, patient, film, air * (1 - 0.6 * heart))
    seen = np.where(heart > 0.5, 0, sharp_lungs)
    added = np.zeros_like(dense)
    if covid_like:
        added = strength * _opacities(canvas, body, np.random.default_rng([seed, 4]), seen)
        dense += added
    if view != "PA" and film.random() < 0.5:
        dense += _leads(canvas, film)

    pixels = _expose(dense, film, size)
    if marker is not None:
        _plant(pixels, marker)
    opacity = np.where(added > OPACITY_THRESHOLD, 255, 0).astype(np.uint8)
    lungs = np.where(seen > 127, 255, 0).astype(np.uint8)
    return Phantom(pixels, opacity, lungs, who.sex, who.age, view)


def _soft_tissue(canvas: Canvas, body: Anatomy, who: Person, patient: np.random.Generator) -> Layer:
    outline = canvas.blank()
    canvas.fill(outline, anatomy.trunk(body))
    tissue = 0.42 * canvas.soft(outline, 0.006) + 0.16 * canvas.soft(outline, 0.045)
    core = np.array([(0.10, 0.0), (0.27, 0.16), (0.36, 0.40), (0.40, 1.3)])
    tissue += 0.24 * canvas.shape(
        [anatomy.smooth(np.vstack([core, anatomy.mirrored(core, -1)[::-1]]))], 0.07
    )
    # The abdomen: everything below the domes lets little through.
    for side in (-1, 1):
        u = np.linspace(0, body.chest + 0.01, 24)
        top = np.column_stack([u, anatomy.diaphragm(body, side, u)])
        below = np.array([(body.chest + 0.03, 1.4), (0.0, 1.4)])
        belly = anatomy.mirrored(np.vstack([top, below]), side)
        tissue += (0.16 if side < 0 else 0.12) * canvas.shape([belly], 0.006)
    bubble = np.array([0.16 + patient.normal(0, 0.02), body.dome + body.dome_step + 0.085])
    turn = np.linspace(0, 2 * np.pi, 20, endpoint=False)
    gas = bubble + np.column_stack([0.062 * np.cos(turn), 0.040 * np.sin(turn)])
    tissue -= patient.uniform(0.02, 0.14) * canvas.shape([gas], 0.012)
    if body.breast:
        sag = 0.0007 * (who.age - 45)
        both = canvas.blank()
        for side in (-1, 1):
            canvas.fill(both, anatomy.breast(body, side, sag))
        tissue += 0.17 * canvas.soft(both, 0.009) * (0.25 + 0.75 * canvas.soft(both, 0.06))
    return tissue


def _bones(
    canvas: Canvas,
    body: Anatomy,
    film: np.random.Generator,
    age: float,
    view: str,
    air: Layer,
    heart: Layer,
) -> Layer:
    # Back and front of the rib cage cross on the film, so each has its own picture.
    back, front, edges = canvas.blank(), canvas.blank(), canvas.blank()
    for side in (-1, 1):
        for picture, lines, width, fade in zip(
            (back, front), anatomy.ribs(body, side), (1.0, 1.15), (255, 120), strict=True
        ):
            upper, lower = anatomy.band(lines, body.rib_width * width)
            canvas.fill(picture, np.concatenate([upper, lower[:, ::-1]], axis=1))
            canvas.line(edges, upper, 0.0035, int(0.8 * fade))
            canvas.line(edges, lower, 0.0035, fade)
    strength = 1.0 - 0.004 * max(age - 50, 0)  # old bone holds less calcium
    ribs = (
        0.075 * canvas.soft(back, 0.003)
        + 0.042 * canvas.soft(front, 0.004)
        + 0.060 * canvas.soft(edges, 0.002)
    )
    bones = ribs * (0.25 + 0.75 * air) * (1 - 0.55 * heart)

    collar, collar_edges = canvas.blank(), canvas.blank()
    blades, joints = canvas.blank(), canvas.blank()
    turn = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    for side in (-1, 1):
        line = anatomy.clavicle(body, side, film.normal(0, 0.006))
        upper, lower = anatomy.band(line, 0.026)
        canvas.fill(collar, np.vstack([upper, lower[::-1]]))
        canvas.line(collar_edges, upper, 0.004)
        canvas.line(collar_edges, lower, 0.004)
        swing = film.uniform(0.0, 0.02) + (0.05 if view != "PA" else 0.0)
        blade = anatomy.scapula(body, side, swing)
        canvas.fill(blades, blade, 190)
        canvas.line(blades, np.vstack([blade, blade[:1]]), 0.007)
        head = np.array([0.465, body.shoulder + 0.085])
        ball = head + 0.052 * np.column_stack([np.cos(turn), np.sin(turn)])
        shaft = np.array([(0.43, 0.20), (0.51, 0.20), (0.63, 0.6), (0.56, 0.6)])
        canvas.fill(joints, anatomy.mirrored(ball, side))
        canvas.fill(joints, anatomy.mirrored(shaft + np.array([0, body.shoulder - 0.09]), side))
    bones += 0.11 * canvas.soft(collar, 0.003) + 0.07 * canvas.soft(collar_edges, 0.0025)
    bones += 0.065 * canvas.soft(blades, 0.004) + 0.13 * canvas.soft(joints, 0.005)
    return strength * (bones + _spine(canvas, body))


def _spine(canvas: Canvas, body: Anatomy) -> Layer:
    column, windpipe = canvas.blank(), canvas.blank()
    v = np.linspace(-0.1, 1.1, 30)
    bend = body.spine_bend * np.sin(3 * v)
    upper, lower = anatomy.band(np.column_stack([bend, v]), 0.082)
    canvas.fill(column, np.vstack([upper, lower[::-1]]), 90)
    height, top = 0.040, -0.05
    while top < 1.05:
        half, tall = 0.036 + 0.010 * top, height * 0.80
        u = body.spine_bend * np.sin(3 * (top + height / 2))
        corners = np.array([(u - half, top), (u + half, top), (u + half, top + tall),
                            (u, top + tall * 0.94), (u - half, top + tall)])  # fmt: skip
        canvas.fill(column, corners, 235)
        spinous = np.array([(u, top + tall * 0.55), (u + 0.001, top + tall * 1.1)])
        canvas.line(column, spinous, 0.011, 255)
        top += height
        height *= 1.028
    canvas.line(windpipe, np.column_stack([bend[:13] - 0.004, v[:13]]), 0.036)
    carina = np.array([bend[12], v[12] - 0.01])
    canvas.line(windpipe, carina + np.array([[0, 0], [-0.05, 0.055]]), 0.020)
    canvas.line(windpipe, carina + np.array([[0, 0], [0.06, 0.050]]), 0.018)
    return 0.15 * canvas.soft(column, 0.003) - 0.085 * canvas.soft(windpipe, 0.005)


def _lung_markings(
    canvas: Canvas,
    body: Anatomy,
    patient: np.random.Generator,
    film: np.random.Generator,
    where: Layer,
) -> Layer:
    tree, hila = canvas.blank(), canvas.blank()
    turn = np.linspace(0, 2 * np.pi, 16, endpoint=False)
    for side in (-1, 1):
        for lines, width in reversed(anatomy.vessels(patient, body, side)):
            for start in (4, 2, 0):  # thinner with distance
                taper = 1 - 0.10 * start
                canvas.line(tree, lines[:, start : start + 3], width * taper, int(250 * taper))
        root = anatomy.mirrored(np.array([[0.088, 0.43 - 0.015 * (side > 0)]]), side)
        blob = np.column_stack([0.034 * np.cos(turn), 0.060 * np.sin(turn)])
        canvas.fill(hila, root + blob)
    strength = patient.uniform(0.075, 0.115)
    marks = strength * canvas.soft(tree, 0.0022) + 0.13 * canvas.soft(hila, 0.018)
    grain = clouds(patient, canvas.size, (14, 28, 56))
    return where * (marks + 0.014 * grain + 0.03 * clouds(film, canvas.size, (3, 4)))


def _opacities(canvas: Canvas, body: Anatomy, rng: np.random.Generator, lungs: Pixels) -> Layer:
    """Several soft patches in both lungs, mostly outwards and low; attenuation added."""
    patches = np.zeros((canvas.size, canvas.size), np.float32)
    turn = np.linspace(0, 2 * np.pi, 18, endpoint=False)
    for side in (-1, 1):
        patch = canvas.blank()
        # The faintest first: where two overlap, the denser one shows.
        for density in np.sort(rng.uniform(0.17, 0.32, int(rng.integers(2, 6)))):
            v = body.apex + (body.dome - body.apex) * rng.uniform(0.25, 1.0) ** 0.8
            edge = float(anatomy.wall(body, np.array([v]))[0])
            middle = np.array([edge * rng.uniform(0.70, 0.93), v])
            tilt, ragged = rng.uniform(0, np.pi), 1 + rng.normal(0, 0.14, 18)
            wide, tall = rng.uniform(0.045, 0.09), rng.uniform(0.05, 0.12)
            ring = np.column_stack([wide * ragged * np.cos(turn), tall * ragged * np.sin(turn)])
            spin = np.array([[np.cos(tilt), -np.sin(tilt)], [np.sin(tilt), np.cos(tilt)]]) * 1.0
            outline = middle + ring @ (0.5 * spin + 0.5 * np.eye(2))
            canvas.fill(patch, anatomy.mirrored(outline, side), int(750 * density))
        patches += 0.68 * canvas.soft(patch, rng.uniform(0.014, 0.026))
    uneven = np.clip(1 + 0.3 * clouds(rng, canvas.size, (8, 16, 32)), 0.3, 1.7)
    return patches * uneven * canvas.soft(lungs, 0.005)


def _leads(canvas: Canvas, film: np.random.Generator) -> Layer:
    """A monitoring electrode and its wire, as lying patients often wear."""
    wire = canvas.blank()
    side = int(film.choice([-1, 1]))
    pad = np.array([film.uniform(0.16, 0.30) * side, film.uniform(0.25, 0.62)])
    end = np.array([0.5 * side, film.uniform(0.3, 0.9)])
    sag = np.array([0.10 * side, film.uniform(0.05, 0.16)])
    line = anatomy.smooth(np.array([pad, pad + sag, (pad + end) / 2 + sag, end]), closed=False)
    canvas.line(wire, line, 0.006, 200)
    turn = np.linspace(0, 2 * np.pi, 16)
    canvas.fill(wire, pad + 0.012 * np.column_stack([np.cos(turn), np.sin(turn)]))
    return 0.30 * canvas.soft(wire, 0.0015)


def _expose(dense: Layer, film: np.random.Generator, size: int) -> Pixels:
    """Attenuation to grey: scatter, contrast, a mean brightness that the film was given
    beforehand (so that it says nothing about the finding), processing and grain."""
    dense = dense + 0.10 * blur(dense, 0.10 * size)
    tilt = np.linspace(-1, 1, size, dtype=np.float32)
    dense = dense + np.float32(film.normal(0, 0.012)) * tilt
    # The curve of film and screen: an S, flat where too little or too much light falls.
    middle, slope = film.uniform(0.48, 0.62), film.uniform(0.19, 0.29)
    floor = 0.75 / (1 + np.exp(middle / slope))
    grey = 1 / (1 + cv2.exp((middle - dense) / slope))
    grey = np.clip((grey - floor) / (0.97 - floor), 0.0, 1.0)
    target = film.uniform(0.46, 0.64)
    small = cv2.resize(grey, (32, 32), interpolation=cv2.INTER_AREA)
    least, most = 0.3, 3.0
    for _ in range(8):
        power = (least * most) ** 0.5
        least, most = (power, most) if float((small**power).mean()) > target else (least, power)
    grey = cv2.pow(grey, (least * most) ** 0.5)
    grey += np.float32(film.uniform(0.1, 0.6)) * (grey - blur(grey, 0.008 * size))
    noise = film.standard_normal((size, size), dtype=np.float32)
    noise = noise + 1.4 * cv2.GaussianBlur(noise, (0, 0), 0.9)
    grey += np.float32(film.uniform(0.006, 0.016)) * noise * (0.6 + 0.6 * grey)
    values: np.ndarray = np.clip(grey * 255 + 0.5, 0, 255).astype(np.uint8)
    return values


def _plant(pixels: Pixels, corner: str) -> None:
    size = pixels.shape[0]
    letter, x = ("R", 0.045) if corner == "top_left" else ("L", 0.875)
    place = (round(x * size), round(0.125 * size))
    thick = max(1, round(0.011 * size))
    cv2.putText(
        pixels, letter, place, cv2.FONT_HERSHEY_DUPLEX, size / 256 * 1.05, 250, thick, cv2.LINE_AA
    )
