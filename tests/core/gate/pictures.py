"""Twenty and more pictures that are no chest X-rays, drawn by other rules than those that the
gate was fitted on (``tools.lookalikes``), each as the content of a file."""

from __future__ import annotations

import io
from functools import cache

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont
from sklearn.datasets import load_digits, load_sample_image

from core.datasets.phantom import draw

SIDE = 300


def png(pixels: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8)).save(buffer, "PNG")
    return buffer.getvalue()


def _grid() -> tuple[np.ndarray, np.ndarray]:
    down, across = np.mgrid[-1 : 1 : SIDE * 1j, -1 : 1 : SIDE * 1j]
    return down, across


def _cat(ground: int, fur: int, eyes: int) -> np.ndarray:
    picture = np.full((SIDE, SIDE), ground, np.uint8)
    cv2.ellipse(picture, (150, 290), (90, 110), 0, 0, 360, fur, -1)
    cv2.circle(picture, (150, 140), 80, fur, -1)
    for side in (-1, 1):
        ear = np.array([[150 + side * 75, 20], [150 + side * 20, 75], [150 + side * 78, 120]])
        cv2.fillPoly(picture, [ear.astype(np.int32)], fur)
        cv2.ellipse(picture, (150 + side * 32, 130), (18, 11), 0, 0, 360, eyes, -1)
        cv2.ellipse(picture, (150 + side * 32, 130), (4, 11), 0, 0, 360, 0, -1)
        for down in (-8, 0, 8):
            end = (150 + side * 110, 172 + 2 * down)
            cv2.line(picture, (150 + side * 15, 172), end, eyes, 1)
    cv2.circle(picture, (150, 165), 7, 40, -1)
    rng = np.random.default_rng(2)
    return cv2.GaussianBlur(picture, (0, 0), 1.5) + rng.normal(0, 6, picture.shape)


def _typed(dark: bool) -> np.ndarray:
    page = Image.new("L", (420, 560), 245)
    pen, font = ImageDraw.Draw(page), ImageFont.load_default(15)
    for line in range(26):
        pen.text((30, 20 + line * 20), "Findings: heart size normal, no effusion " * 2, 20, font)
    pixels = np.asarray(page)
    return 255 - pixels if dark else pixels


def _bars() -> np.ndarray:
    chart = Image.new("RGB", (480, 320), "white")
    pen = ImageDraw.Draw(chart)
    for place, (height, colour) in enumerate(((90, "navy"), (210, "teal"), (150, "grey"))):
        pen.rectangle((80 + 120 * place, 290 - height, 160 + 120 * place, 290), fill=colour)
    pen.line((40, 20, 40, 290, 460, 290), fill="black", width=2)
    return np.asarray(chart)


def _curves() -> np.ndarray:
    chart = Image.new("L", (400, 300), 255)
    pen = ImageDraw.Draw(chart)
    for curve in range(4):
        x = np.arange(20, 380, 4)
        y = 150 + 100 * np.sin(x / (20 + 9 * curve) + curve)
        pen.line(list(zip(x.tolist(), y.tolist(), strict=True)), fill=50 * curve, width=2)
    return np.asarray(chart)


def _screen() -> np.ndarray:
    """A window of a program with a small film in it."""
    window = np.full((400, 640), 236, np.uint8)
    window[:40], window[40:, :150] = 60, 205
    film = draw(1, covid_like=False, size=128).pixels
    window[90:218, 190:318] = film
    for line in range(12):
        y = 70 + 25 * line
        cv2.putText(window, "Menu entry", (14, y), cv2.FONT_HERSHEY_SIMPLEX, 0.45, 30, 1)
        cv2.putText(window, "Some words here", (360, y), cv2.FONT_HERSHEY_SIMPLEX, 0.5, 10, 1)
    return window


def _hand() -> np.ndarray:
    """Another X-ray: bones of a hand, bright on grey on black."""
    picture = np.full((SIDE, SIDE), 8, np.float32)
    for angle in (-40, -15, 0, 15, 32):
        tip = (
            int(150 + 190 * np.sin(np.radians(angle))),
            int(230 - 190 * np.cos(np.radians(angle))),
        )
        cv2.line(picture, (150, 230), tip, 90.0, 30)
        cv2.line(picture, (150, 230), tip, 190.0, 11)
    cv2.ellipse(picture, (150, 230), (62, 60), 0, 0, 360, 110.0, -1)
    return cv2.GaussianBlur(picture, (0, 0), 3)


def _slice() -> np.ndarray:
    """A slice of a body as CT shows it."""
    down, across = _grid()
    picture = np.where(across**2 / 0.85 + down**2 / 0.5 < 1, 190.0, 5.0)
    for side in (-1, 1):
        picture[((across - side * 0.42) / 0.3) ** 2 + (down / 0.48) ** 2 < 1] = 45
    picture[across**2 + (down - 0.48) ** 2 < 0.02] = 245
    return picture + np.random.default_rng(3).normal(0, 9, picture.shape)


@cache
def no_films() -> dict[str, bytes]:
    """Name → a file. Photographs, drawings, charts, text, noise, other medical pictures."""
    rng = np.random.default_rng(11)
    down, across = _grid()
    china, flower = load_sample_image("china.jpg"), load_sample_image("flower.jpg")
    phantom = draw(5, covid_like=True, size=256).pixels
    digits = load_digits().images[:64].reshape(8, 8, 8, 8).transpose(0, 2, 1, 3).reshape(64, 64)
    rings = 127 + 127 * np.sin(30 * np.hypot(down, across))
    leaves = sum(
        cv2.resize(rng.normal(0, 60 / 2**step, (4 * 2**step,) * 2), (SIDE, SIDE))
        for step in range(6)
    )
    return {
        "photo of a temple": png(china),
        "photo of a flower": png(flower),
        "grey photo of a temple": png(cv2.cvtColor(china, cv2.COLOR_RGB2GRAY)),
        "grey photo of a flower": png(cv2.cvtColor(flower, cv2.COLOR_RGB2GRAY)),
        "part of the flower": png(cv2.cvtColor(flower, cv2.COLOR_RGB2GRAY)[60:400, 150:500]),
        "black cat": png(_cat(190, 45, 220)),
        "white cat": png(_cat(60, 215, 110)),
        "coloured film": png(cv2.applyColorMap(phantom, cv2.COLORMAP_JET)),
        "film in negative": png(255 - phantom),
        "film on its side": png(np.rot90(phantom)),
        "film on its head": png(np.rot90(phantom, 2)),
        "bars": png(_bars()),
        "curves": png(_curves()),
        "typed page": png(_typed(dark=False)),
        "typed page, white on black": png(_typed(dark=True)),
        "window of a program": png(_screen()),
        "noise": png(rng.integers(0, 256, (200, 240))),
        "coarse noise": png(cv2.resize(rng.integers(0, 256, (7, 9)).astype(np.uint8), (240, 200))),
        "soft texture": png(128 + leaves),
        "one grey": png(np.full((200, 200), 128)),
        "black": png(np.zeros((200, 200))),
        "from left to right": png(np.tile(np.linspace(0, 255, 256), (200, 1))),
        "from the middle": png(255 * (1 - np.hypot(down, across) / 1.5)),
        "rings": png(rings),
        "chessboard": png(255 * (np.indices((240, 240)) // 30).sum(axis=0) % 510),
        "digits": png(cv2.resize(digits * 16, (256, 256), interpolation=cv2.INTER_NEAREST)),
        "a hand's bones": png(_hand()),
        "slice of a body": png(_slice()),
        "one pixel": png(np.zeros((1, 1))),
        "a thin strip": png(rng.integers(0, 256, (12, 900))),
    }
