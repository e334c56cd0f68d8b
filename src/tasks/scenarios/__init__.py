"""Plays stories of processes by the same use cases as people (their format: `laneway.records.scenarios`).

Player(scenario, people, time)           does its steps one by one, and knows the cases that they opened
checks.differences(player, then, of)     what is otherwise than a `then` tells
playing.play(scenario, people, time)     a whole story with its checks -> Outcome
steps.DO                                 what each kind of step does
"""

from laneway.records.scenarios.format import Scenario, read_scenario
from laneway.tasks.scenarios.moving import MovableClock
from laneway.tasks.scenarios.player import Player
from laneway.tasks.scenarios.playing import Outcome, play

__all__ = ["MovableClock", "Outcome", "Player", "Scenario", "play", "read_scenario"]
