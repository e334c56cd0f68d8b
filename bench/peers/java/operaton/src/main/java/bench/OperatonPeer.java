package bench;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.operaton.bpm.engine.OptimisticLockingException;
import org.operaton.bpm.engine.ProcessEngine;
import org.operaton.bpm.engine.ProcessEngineConfiguration;
import org.operaton.bpm.engine.delegate.JavaDelegate;
import org.operaton.bpm.engine.impl.cfg.ProcessEngineConfigurationImpl;
import org.operaton.bpm.engine.impl.cfg.StandaloneProcessEngineConfiguration;
import org.operaton.bpm.engine.runtime.Job;
import org.operaton.bpm.engine.task.Task;

/** Operaton, embedded, as it comes, without its job executor; a history level may be given behind the address. */
public final class OperatonPeer implements Peer {
  private final ProcessEngine engine;

  private OperatonPeer(String[] arguments) {
    StandaloneProcessEngineConfiguration config = new StandaloneProcessEngineConfiguration();
    config.setDataSource(Ground.connect(arguments[0]));
    config.setDatabaseSchemaUpdate(ProcessEngineConfiguration.DB_SCHEMA_UPDATE_TRUE);
    config.setJobExecutorActivate(false);
    if (arguments.length > 1) config.setHistory(arguments[1]);
    config.setEnforceHistoryTimeToLive(false);
    JavaDelegate nothing = execution -> {};
    Map<Object, Object> beans = new HashMap<>();
    for (String name : List.of("nothing", "classify")) beans.put(name, nothing);
    config.setBeans(beans);
    engine = config.buildProcessEngine();
  }

  public static void main(String[] arguments) throws Exception {
    Harness.serve(new OperatonPeer(arguments));
  }

  @Override
  public void deploy(String name, String diagram) {
    engine.getRepositoryService().createDeployment().addString(name + ".bpmn", diagram).deploy();
  }

  @Override
  public String start(String processId, Map<String, Object> variables) {
    return engine.getRuntimeService().startProcessInstanceByKey(processId, variables).getId();
  }

  @Override
  public List<Open> openTasks(String instance) {
    List<Task> tasks = engine.getTaskService().createTaskQuery().processInstanceId(instance).list();
    return tasks.stream().map(task -> new Open(task.getId(), task.getTaskDefinitionKey())).toList();
  }

  @Override
  public void complete(String task, Map<String, Object> variables) {
    engine.getTaskService().complete(task, variables);
  }

  @Override
  public int runJobs(String instance) {
    List<Job> jobs = engine.getManagementService().createJobQuery().processInstanceId(instance).list();
    for (Job job : jobs) engine.getManagementService().executeJob(job.getId());
    return jobs.size();
  }

  @Override
  public boolean isConflict(RuntimeException problem) {
    return problem instanceof OptimisticLockingException;
  }

  @Override
  public Map<String, String> about() {
    String history = ((ProcessEngineConfigurationImpl) engine.getProcessEngineConfiguration()).getHistory();
    return Map.of(
        "version", ProcessEngine.class.getPackage().getImplementationVersion(), "history", history);
  }
}
