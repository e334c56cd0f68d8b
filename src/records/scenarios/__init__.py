"""Stories of a process as given, when, then: the acceptance tests that its owner can read and play.

    format.read_scenario(path) -> Scenario   of `processes/<id>/scenarios/<name>.toml`; Invalid tells what is wrong
    step_kinds.KINDS                         every kind of step with its keys and its sentence
    check_kinds.CHECKS                       everything that a `then` may ask

Playing is `laneway.tasks.scenarios`; the format is told in docs/scenarios.md.
"""
