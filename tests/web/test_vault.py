"""Sealed text opens for the row it was sealed for, under this installation's key, and otherwise not at all."""

from __future__ import annotations

import base64

import pytest

from console.web import vault
from console.web.vault import CannotOpen, open_sealed, seal

SECRET = "sk-sentinel-4711-한글"


def test_it_gives_back_what_was_sealed():
    assert open_sealed(seal(SECRET, bound_to="row/1"), bound_to="row/1") == SECRET


def test_the_secret_is_not_in_it_in_any_dress():
    sealed = seal(SECRET, bound_to="row/1")
    raw = SECRET.encode()
    assert not [dress for dress in (raw, raw[::-1], base64.b64encode(raw), raw.hex().encode()) if dress in sealed]


def test_the_same_secret_never_looks_the_same():
    assert len({seal(SECRET, bound_to="row/1") for _ in range(50)}) == 50


@pytest.mark.parametrize("other", ["row/2", "", "row/1 ", "ROW/1", "row/1:host"])
def test_it_does_not_open_for_another_row(other):
    with pytest.raises(CannotOpen):
        open_sealed(seal(SECRET, bound_to="row/1"), bound_to=other)


def test_every_single_flipped_bit_is_noticed():
    sealed = seal("short", bound_to="row/1")
    for place in range(len(sealed) * 8):
        altered = bytearray(sealed)
        altered[place // 8] ^= 1 << place % 8
        with pytest.raises(CannotOpen):
            open_sealed(bytes(altered), bound_to="row/1")


@pytest.mark.parametrize("cut", [0, 1, 11, 12, 20])
def test_what_was_cut_short_does_not_open(cut):
    with pytest.raises(CannotOpen):
        open_sealed(seal(SECRET, bound_to="row/1")[:cut], bound_to="row/1")


def test_a_changed_key_opens_old_rows_as_long_as_the_old_one_is_named(settings):
    sealed = seal(SECRET, bound_to="row/1")
    old, settings.SECRET_KEY = settings.SECRET_KEY, "another key of more than forty characters 0123456789"
    with pytest.raises(CannotOpen):
        open_sealed(sealed, bound_to="row/1")
    settings.SECRET_KEY_FALLBACKS = [old]
    assert open_sealed(sealed, bound_to="row/1") == SECRET


def test_a_refusal_does_not_tell_the_secret():
    with pytest.raises(CannotOpen) as refused:
        open_sealed(seal(SECRET, bound_to="row/1"), bound_to="row/2")
    assert SECRET not in repr(refused.value)
    assert vault.settings.SECRET_KEY not in repr(refused.value)


def test_it_takes_what_either_database_gives_back():
    assert open_sealed(memoryview(seal(SECRET, bound_to="row/1")), bound_to="row/1") == SECRET
