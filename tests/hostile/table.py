# table.py - how a case is written down: its name, its scene, its faults, and what is required.
# SPDX-License-Identifier: ISC

from dataclasses import dataclass, field

CASES = {}


@dataclass
class Case:
    name: str
    peer: str
    required: str
    scene: object
    faults: list = field(default_factory=list)
    options: dict = field(default_factory=dict)

    def run(self, world):
        return self.scene(world, self.faults, **self.options)


def case(name, scene, required, *faults, peer="psk", **options):
    """One row.  required: words of the scene; several with "|" between them where
    the RFC leaves it open."""
    if name in CASES:
        raise ValueError(f"two cases are called {name}")
    CASES[name] = Case(name, peer, required, scene, list(faults), options)


def story(peer="psk"):
    """A case that fits no scene: a function of the world, which raises Failed."""
    def register(function):
        def scene(world, _):
            function(world)
            return "ok"
        case(function.__name__, scene, "ok", peer=peer)
        return function
    return register
