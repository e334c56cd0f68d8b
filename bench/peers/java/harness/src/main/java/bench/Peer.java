package bench;

import java.util.List;
import java.util.Map;

/** What the harness asks of an engine; each call is one command, and so one transaction, of that engine. */
public interface Peer {
  /** A user task that waits. */
  record Open(String key, String element) {}

  void deploy(String name, String diagram);

  /** Starts the newest version of a process; returns the instance's id. */
  String start(String processId, Map<String, Object> variables);

  /** The open user tasks of an instance, as its task list gives them. */
  List<Open> openTasks(String instance);

  /** Completes a user task with the values that a person filled in. */
  void complete(String task, Map<String, Object> variables);

  /** Runs the jobs that wait in an instance, each in a transaction of its own; how many there were. */
  int runJobs(String instance);

  /** Whether the engine refused because someone else had changed the instance. */
  boolean isConflict(RuntimeException problem);

  /** Name, version and history level, for the table. */
  Map<String, String> about();
}
