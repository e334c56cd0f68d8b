package bench;

import java.util.HashMap;
import java.util.Map;

/** A deployed diagram and what its clients do with it; read from the request. */
final class Flow {
  String process;
  String diagram;
  /** cases: from start to end; jobs: the same, jobs run one by one; steps: so many in each prepared instance;
   * shared: steps of one instance by all clients. */
  String kind;
  Map<String, Object> variables;
  /** What people fill in, by user task; `""` stands for every task. */
  Map<String, Map<String, Object>> forms;

  /** What an instance starts with; the number makes each a little different. */
  Map<String, Object> variables(int number) {
    return with(variables, number);
  }

  Map<String, Object> form(String element, int number) {
    return with(forms.containsKey(element) ? forms.get(element) : forms.get(""), number);
  }

  private static Map<String, Object> with(Map<String, Object> values, int number) {
    Map<String, Object> all = new HashMap<>(values);
    all.put("round", number);
    return all;
  }
}
