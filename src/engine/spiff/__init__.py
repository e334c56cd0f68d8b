"""The one door to SpiffWorkflow, which moves tokens inside one flow level; everything else is ours.

`build.specs_of(process)` makes the specs of a process (shared by all its instances); `instance.Instance` is one running
process; `state.dump` and `state.load` keep it between steps; `requests` are what a step asks of the outside.
Only the words of `requests` and of `engine.model` leave this package, never a Spiff task.

Nothing of SpiffWorkflow is patched. Its classes are subclassed, and these of their private names are relied on; a test
compares the list with the package and with the library, whose minor version is pinned (docs/spiffworkflow.md):

- `Task`: the tree `_parent` and `_children`, the state `_state`; replaced: `_set_state`, `_ready`, `_add_child`
- `BpmnTaskSpec`: `_update` when a token arrives, `_wf_spec`; replaced: `_update_hook`, `_predict_hook`, `_run_hook`,
  `_on_complete_hook`, `_on_cancel`
- `BpmnWorkflow`: replaced: `_task_completed_notify`
- `BpmnSubWorkflow`: replaced: `_task_completed_notify`
"""
