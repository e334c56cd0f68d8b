"""A token game of our own, read from the BPMN 2.0 text, to hold the executor against.

`game.Game` plays a process with nothing of the engine but its model of diagrams and its FEEL; `sketch.Sketch` draws
random diagrams; `twins.Twins` lets the executor and the game take the same actions and compares them.
"""
