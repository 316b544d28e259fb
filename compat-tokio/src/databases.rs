//! sqlx on its tokio runtime, with SQLite.

use std::path::Path;

use sqlx::{
    Error, Row as _,
    sqlite::{SqliteConnectOptions, SqlitePool, SqlitePoolOptions},
};
use unstall::{
    future,
    prelude::*,
    task::{self, JoinSet},
};

use crate::{Blocker, LIMIT, MOMENT, one_worker, within_limit};

const WRITERS: i64 = 8;
const ROWS: i64 = 20;

/// All that uses it uses the same connection: another one would be another database.
async fn in_memory() -> SqlitePool {
    let pool = SqlitePoolOptions::new().max_connections(1);
    let database = pool.connect("sqlite::memory:").await.unwrap();
    make_table(&database).await;
    database
}

async fn in_file(path: &Path) -> SqlitePool {
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .busy_timeout(LIMIT);
    let database = SqlitePoolOptions::new()
        .max_connections(4)
        .acquire_timeout(LIMIT)
        .connect_with(options)
        .await
        .unwrap();
    make_table(&database).await;
    database
}

async fn make_table(database: &SqlitePool) {
    sqlx::query(
        "CREATE TABLE IF NOT EXISTS words (writer INTEGER, row INTEGER, word TEXT NOT NULL)",
    )
    .execute(database)
    .await
    .unwrap();
}

async fn write(database: &SqlitePool, writer: i64, row: i64) {
    sqlx::query("INSERT INTO words VALUES (?, ?, ?)")
        .bind(writer)
        .bind(row)
        .bind(word(writer, row))
        .execute(database)
        .await
        .unwrap();
}

async fn read(database: &SqlitePool, writer: i64, row: i64) -> String {
    sqlx::query("SELECT word FROM words WHERE writer = ? AND row = ?")
        .bind(writer)
        .bind(row)
        .fetch_one(database)
        .await
        .unwrap()
        .get("word")
}

async fn count(database: &SqlitePool) -> i64 {
    sqlx::query_scalar("SELECT count(*) FROM words")
        .fetch_one(database)
        .await
        .unwrap()
}

fn word(writer: i64, row: i64) -> String {
    format!("row {row} of {writer}")
}

/// Many tasks that write and read, of which each waits for the others' connections and locks.
async fn write_and_read(database: SqlitePool) {
    let mut writers = JoinSet::new();
    for writer in 0..WRITERS {
        let database = database.clone();
        writers.spawn(async move {
            for row in 0..ROWS {
                write(&database, writer, row).await;
                assert_eq!(read(&database, writer, row).await, word(writer, row));
            }
        });
    }
    while let Some(ended) = writers.join_next().await {
        ended.unwrap();
    }
    assert_eq!(count(&database).await, WRITERS * ROWS);
    database.close().await;
}

#[test]
fn many_tasks_share_a_database_in_memory_beside_one_that_blocks() {
    within_limit(|| {
        let runtime = one_worker();
        let blocker = Blocker::on(&runtime);
        runtime.block_on(runtime.spawn(async { write_and_read(in_memory().await).await }));
        blocker.end();
    });
}

#[test]
fn many_tasks_share_a_database_in_a_file_beside_one_that_blocks() {
    within_limit(|| {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("words.sqlite");
        let runtime = one_worker();
        let blocker = Blocker::on(&runtime);
        let file = path.clone();
        runtime.block_on(runtime.spawn(async move { write_and_read(in_file(&file).await).await }));
        blocker.end();
        // It is in the file, and another runtime finds it there.
        assert_eq!(
            task::block_on(async { count(&in_file(&path).await).await }),
            WRITERS * ROWS
        );
    });
}

#[test]
fn a_transaction_that_is_dropped_is_rolled_back() {
    within_limit(|| {
        let runtime = one_worker();
        let database = runtime.block_on(in_memory());
        let mine = database.clone();
        let given_up = runtime.spawn(async move {
            let mut transaction = mine.begin().await.unwrap();
            sqlx::query("INSERT INTO words VALUES (1, 1, 'never')")
                .execute(&mut *transaction)
                .await
                .unwrap();
            assert!(
                future::timeout(MOMENT, future::pending::<()>())
                    .await
                    .is_err()
            );
        });
        runtime.block_on(given_up);
        assert_eq!(runtime.block_on(count(&database)), 0);

        // So is one whose task is cancelled.
        let (mine, (begun, begin)) = (database.clone(), unstall::channel::bounded(1));
        let cancelled = runtime.spawn(async move {
            let mut transaction = mine.begin().await.unwrap();
            sqlx::query("INSERT INTO words VALUES (1, 2, 'never')")
                .execute(&mut *transaction)
                .await
                .unwrap();
            begun.send(()).await.unwrap();
            future::pending::<()>().await;
        });
        runtime.block_on(async {
            begin.recv().await.unwrap();
            assert!(cancelled.cancel().await.is_none());
            assert_eq!(count(&database).await, 0);
        });
    });
}

#[test]
fn who_waits_for_a_connection_in_vain_is_told() {
    within_limit(|| {
        let runtime = one_worker();
        runtime.block_on(runtime.spawn(async {
            let options = SqlitePoolOptions::new()
                .max_connections(1)
                .acquire_timeout(MOMENT);
            let database = options.connect_lazy("sqlite::memory:").unwrap();
            // The limit is for this too, and what is slow may need more of it.
            let held = loop {
                match database.acquire().await {
                    Err(Error::PoolTimedOut) => continue,
                    other => break other.unwrap(),
                }
            };
            assert!(matches!(database.acquire().await, Err(Error::PoolTimedOut)));
            drop(held);
        }));
    });
}

#[test]
fn a_query_that_is_dropped_leaves_the_connection_of_use() {
    within_limit(|| {
        let runtime = one_worker();
        runtime.block_on(runtime.spawn(async {
            let database = in_memory().await;
            {
                let endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n";
                let mut rows = sqlx::query_scalar::<_, i64>(endless).fetch(&database);
                for number in 1..=100 {
                    assert_eq!(rows.next().await.unwrap().unwrap(), number);
                }
            }
            write(&database, 1, 1).await;
            assert_eq!(count(&database).await, 1);
        }));
    });
}

#[test]
fn a_pool_may_be_dropped_anywhere() {
    within_limit(|| {
        let runtime = one_worker();
        runtime.block_on(runtime.spawn(async { drop(in_memory().await) }));
        drop(runtime.block_on(in_memory()));
        let database = runtime.block_on(in_memory());
        std::thread::spawn(move || drop(database)).join().unwrap();

        // With a connection that is taken, by the end of the runtime.
        let (taken, is_taken) = std::sync::mpsc::channel();
        drop(runtime.spawn(async move {
            let database = in_memory().await;
            let _connection = database.acquire().await.unwrap();
            taken.send(()).unwrap();
            future::pending::<()>().await;
        }));
        is_taken.recv().unwrap();
        let report = runtime.shutdown(LIMIT);
        assert!(report.is_complete(), "{report}");
        assert_eq!(report.cancelled, 1);
    });
}
