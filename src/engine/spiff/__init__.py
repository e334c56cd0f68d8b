"""The one door to SpiffWorkflow, which moves tokens inside one flow level; everything else is ours.

`build.specs_of(process)` makes the specs of a process (shared by all its instances); `instance.Instance` is one running
process; `state.dump` and `state.load` keep it between steps; `effects` are what a step asks of the outside.
Only the words of `effects` and of `engine.model` leave this package, never a Spiff task.
"""
