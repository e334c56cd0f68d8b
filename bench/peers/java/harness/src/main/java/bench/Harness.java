package bench;

import com.google.gson.Gson;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.sun.management.OperatingSystemMXBean;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Reads one request a line from standard input, answers each with one JSON line; see bench/peers/README.md. */
public final class Harness {
  private static final Gson GSON = new Gson();

  private final Peer peer;
  private final Map<String, Flow> flows = new HashMap<>();
  private List<String> prepared = List.of();

  private Harness(Peer peer) {
    this.peer = peer;
  }

  public static void serve(Peer peer) throws IOException, InterruptedException {
    Harness harness = new Harness(peer);
    PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    System.setOut(System.err); // what an engine prints is no answer
    BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      JsonObject request = GSON.fromJson(line, JsonObject.class);
      out.println(GSON.toJson(harness.answer(request)));
    }
    System.exit(0);
  }

  private Object answer(JsonObject request) throws IOException, InterruptedException {
    return switch (request.get("do").getAsString()) {
      case "deploy" -> deploy(request.getAsJsonObject("flows"));
      case "prepare" -> prepare(request);
      case "run" -> run(request);
      default -> throw new IllegalArgumentException(request.toString());
    };
  }

  private Object deploy(JsonObject told) {
    for (Map.Entry<String, JsonElement> entry : told.entrySet()) {
      Flow flow = GSON.fromJson(entry.getValue(), Flow.class);
      peer.deploy(entry.getKey(), flow.diagram);
      flows.put(entry.getKey(), flow);
    }
    return peer.about();
  }

  /** Gets instances ready that are measured later: with a past, or one that several clients share. */
  private Object prepare(JsonObject request) {
    Flow flow = flows.get(request.get("flow").getAsString());
    if (request.has("instance")) {
      prepared = List.of(request.get("instance").getAsString());
    } else {
      prepared = new ArrayList<>();
      for (int number = 0; number < request.get("cases").getAsInt(); number++) {
        String instance = peer.start(flow.process, flow.variables(number));
        for (int done = 0; done < request.get("past").getAsInt(); done++) {
          Peer.Open task = peer.openTasks(instance).get(0);
          peer.complete(task.key(), flow.form(task.element(), done));
        }
        prepared.add(instance);
      }
    }
    return Map.of("instance", prepared.isEmpty() ? "" : prepared.get(0));
  }

  private Object run(JsonObject request) throws IOException, InterruptedException {
    Flow flow = flows.get(request.get("flow").getAsString());
    int first = request.get("first").getAsInt();
    List<Client> clients = new ArrayList<>();
    for (int number = 0; number < request.get("clients").getAsInt(); number++) {
      clients.add(new Client(peer, flow, request, prepared, first + number));
    }
    OperatingSystemMXBean process = (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    long cpu = process.getProcessCpuTime();
    long began = System.nanoTime();
    for (Client client : clients) client.start();
    for (Client client : clients) client.join();
    Map<String, Object> answer = Client.added(clients);
    answer.put("seconds", (System.nanoTime() - began) / 1e9);
    answer.put("cpu", (process.getProcessCpuTime() - cpu) / 1e9);
    answer.put("peak_kb", peak());
    return answer;
  }

  private static long peak() throws IOException {
    for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
      if (line.startsWith("VmHWM:")) return Long.parseLong(line.replaceAll("\\D", ""));
    }
    throw new IllegalStateException("no VmHWM");
  }
}
