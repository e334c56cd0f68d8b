package bench;

import com.google.gson.JsonObject;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** One of the people who work at the same time. */
final class Client extends Thread {
  private final Peer peer;
  private final Flow flow;
  private final List<String> prepared;
  private final int branch;
  private final int steps;
  private final long lasts;
  private final List<Double> starts = new ArrayList<>();
  private final List<Double> completions = new ArrayList<>();
  private int conflicts;
  private RuntimeException problem;

  Client(Peer peer, Flow flow, JsonObject request, List<String> prepared, int branch) {
    this.peer = peer;
    this.flow = flow;
    this.prepared = prepared;
    this.branch = branch;
    this.steps = request.get("steps").getAsInt();
    this.lasts = (long) (request.get("seconds").getAsDouble() * 1e9);
  }

  @Override
  public void run() {
    try {
      long until = System.nanoTime() + lasts;
      switch (flow.kind) {
        case "steps" -> {
          for (String instance : prepared) for (int done = 0; done < steps; done++) completeNext(instance);
        }
        case "shared" -> {
          while (System.nanoTime() < until) completeOwn(prepared.get(0));
        }
        default -> {
          while (System.nanoTime() < until) runCase();
        }
      }
    } catch (RuntimeException error) {
      problem = error;
    }
  }

  private void runCase() {
    Map<String, Object> variables = flow.variables(starts.size());
    long began = System.nanoTime();
    String instance = peer.start(flow.process, variables);
    if (flow.kind.equals("jobs")) {
      while (peer.runJobs(instance) > 0) {}
    }
    starts.add(since(began));
    if (flow.forms.isEmpty()) return;
    while (completeNext(instance)) {}
  }

  private boolean completeNext(String instance) {
    List<Peer.Open> open = peer.openTasks(instance);
    if (open.isEmpty()) return false;
    complete(open.get(0));
    return true;
  }

  /** The branch that is this client's own, in an instance that others work on as well. */
  private void completeOwn(String instance) {
    String element = "work_" + branch;
    for (Peer.Open open : peer.openTasks(instance)) {
      if (open.element().equals(element)) complete(open);
    }
  }

  private void complete(Peer.Open task) {
    Map<String, Object> values = flow.form(task.element(), completions.size());
    long began = System.nanoTime();
    while (true) {
      try {
        peer.complete(task.key(), values);
        break;
      } catch (RuntimeException error) {
        if (!peer.isConflict(error)) throw error;
        conflicts++;
      }
    }
    completions.add(since(began));
  }

  private static double since(long began) {
    return (System.nanoTime() - began) / 1e6;
  }

  /** What all clients did, in milliseconds; throws what stopped one of them. */
  static Map<String, Object> added(List<Client> clients) {
    List<Double> starts = new ArrayList<>();
    List<Double> completions = new ArrayList<>();
    int conflicts = 0;
    for (Client client : clients) {
      if (client.problem != null) throw client.problem;
      starts.addAll(client.starts);
      completions.addAll(client.completions);
      conflicts += client.conflicts;
    }
    Map<String, Object> sum = new HashMap<>();
    sum.put("starts", starts);
    sum.put("completions", completions);
    sum.put("conflicts", conflicts);
    return sum;
  }
}
