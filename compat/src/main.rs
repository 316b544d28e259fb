//! A program of crates that know async-std and no unstall: sqlx, async-tungstenite, tide and surf.
//!
//! Web pages that show what a database holds, and a websocket that sends back what comes: in one process with their clients. It ends by
//! itself, with status 0 if all answers were right.

use std::{error::Error, time::Duration};

use async_std::{
    future,
    net::{TcpListener, TcpStream},
    prelude::*,
    task,
};
use async_tungstenite::{accept_async, client_async, tungstenite::Message};
use futures::future::try_join_all;
use sqlx::{
    Row,
    sqlite::{SqliteConnectOptions, SqlitePool},
};
use tide::{Request, StatusCode};

type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

/// Against hangs.
const LIMIT: Duration = Duration::from_secs(120);

const CLIENTS: usize = 20;
const REQUESTS: usize = 10;

#[async_std::main]
async fn main() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let database = future::timeout(LIMIT, fill(folder.path().join("words.sqlite"))).await??;
    let pages = future::timeout(LIMIT, ask_for_pages(database)).await??;
    println!("{pages} pages, each with what the database holds");
    let echoes = future::timeout(LIMIT, ask_for_echoes()).await??;
    println!("{echoes} messages, each sent back");
    Ok(())
}

// ---------------------------------------------------------------------------------------------
// A database in a file, and pages that read it.

async fn fill(path: std::path::PathBuf) -> Result<SqlitePool> {
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true);
    let database = SqlitePool::connect_with(options).await?;
    sqlx::query("CREATE TABLE words (id INTEGER PRIMARY KEY, word TEXT NOT NULL)")
        .execute(&database)
        .await?;
    let mut transaction = database.begin().await?;
    for id in 0..REQUESTS {
        sqlx::query("INSERT INTO words VALUES (?, ?)")
            .bind(id as i64)
            .bind(word(id))
            .execute(&mut *transaction)
            .await?;
    }
    transaction.commit().await?;
    Ok(database)
}

fn word(id: usize) -> String {
    format!("word number {id}")
}

async fn show(request: Request<SqlitePool>) -> tide::Result {
    let id: i64 = request.param("id")?.parse()?;
    let found = sqlx::query("SELECT word FROM words WHERE id = ?")
        .bind(id)
        .fetch_optional(request.state())
        .await?;
    Ok(match found {
        Some(row) => row.get::<String, _>("word").into(),
        None => StatusCode::NotFound.into(),
    })
}

async fn ask_for_pages(database: SqlitePool) -> Result<usize> {
    let mut site = tide::with_state(database);
    site.at("/words/:id").get(show);
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let server = task::spawn(site.listen(listener));

    let clients = (0..CLIENTS).map(|_| task::spawn(ask_as_one_client(format!("http://{address}"))));
    let answers = try_join_all(clients).await?.into_iter().sum();
    server.cancel().await;
    Ok(answers)
}

async fn ask_as_one_client(site: String) -> Result<usize> {
    for id in 0..REQUESTS {
        let page = surf::get(format!("{site}/words/{id}"))
            .recv_string()
            .await
            .map_err(surf::Error::into_inner)?;
        assert_eq!(page, word(id));
    }
    let missing = surf::get(format!("{site}/words/{REQUESTS}"))
        .await
        .map_err(surf::Error::into_inner)?;
    assert_eq!(missing.status(), surf::StatusCode::NotFound);
    Ok(REQUESTS)
}

// ---------------------------------------------------------------------------------------------
// A websocket.

async fn ask_for_echoes() -> Result<usize> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let server = task::spawn(async move {
        let mut incoming = listener.incoming();
        while let Some(stream) = incoming.next().await {
            task::spawn(echo(stream?));
        }
        Ok::<_, std::io::Error>(())
    });

    let clients = (0..CLIENTS).map(|_| {
        task::spawn(async move {
            let stream = TcpStream::connect(address).await?;
            let (mut socket, _) = client_async(format!("ws://{address}/"), stream).await?;
            for id in 0..REQUESTS {
                socket.send(Message::text(word(id))).await?;
                let answer = socket.next().await.ok_or("the end came too early")??;
                assert_eq!(answer.into_text()?.as_str(), word(id));
            }
            socket.close(None).await?;
            Ok::<_, Box<dyn Error + Send + Sync>>(REQUESTS)
        })
    });
    let answers = try_join_all(clients).await?.into_iter().sum();
    server.cancel().await;
    Ok(answers)
}

async fn echo(stream: TcpStream) -> Result<()> {
    let mut socket = accept_async(stream).await?;
    while let Some(message) = socket.next().await {
        let message = message?;
        if message.is_text() {
            socket.send(message).await?;
        }
    }
    Ok(())
}
