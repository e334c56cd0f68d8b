package bench;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import javax.sql.DataSource;

/** The database connections that an engine gets. */
public final class Ground {
  private static final int CONNECTIONS = 10; // one for each of the eight clients, and some to spare

  private Ground() {}

  public static DataSource connect(String url) {
    HikariConfig config = new HikariConfig();
    config.setJdbcUrl(url);
    config.setMaximumPoolSize(CONNECTIONS);
    return new HikariDataSource(config);
  }
}
