package bench;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.flowable.common.engine.api.FlowableOptimisticLockingException;
import org.flowable.engine.ProcessEngine;
import org.flowable.engine.ProcessEngineConfiguration;
import org.flowable.engine.delegate.JavaDelegate;
import org.flowable.engine.impl.cfg.ProcessEngineConfigurationImpl;
import org.flowable.engine.impl.cfg.StandaloneProcessEngineConfiguration;
import org.flowable.job.api.Job;
import org.flowable.task.api.Task;

/** Flowable, embedded, as it comes, without its async executor. */
public final class FlowablePeer implements Peer {
  private final ProcessEngine engine;

  private FlowablePeer(String url) {
    StandaloneProcessEngineConfiguration config = new StandaloneProcessEngineConfiguration();
    config.setDataSource(Ground.connect(url));
    config.setDatabaseSchemaUpdate(ProcessEngineConfiguration.DB_SCHEMA_UPDATE_TRUE);
    config.setAsyncExecutorActivate(false);
    JavaDelegate nothing = execution -> {};
    Map<Object, Object> beans = new HashMap<>();
    for (String name : List.of("nothing", "classify")) beans.put(name, nothing);
    config.setBeans(beans);
    engine = config.buildProcessEngine();
  }

  public static void main(String[] arguments) throws Exception {
    Harness.serve(new FlowablePeer(arguments[0]));
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
    return problem instanceof FlowableOptimisticLockingException;
  }

  @Override
  public Map<String, String> about() {
    ProcessEngineConfigurationImpl config =
        (ProcessEngineConfigurationImpl) engine.getProcessEngineConfiguration();
    return Map.of("version", ProcessEngine.VERSION, "history", config.getHistoryLevel().getKey());
  }
}
