//! reqwest.

use std::thread;

use reqwest::{Client, StatusCode};
use unstall::{
    future,
    runtime::Builder,
    task::{self, JoinSet},
};

use crate::{
    Blocker, LIMIT, MOMENT, one_worker,
    server::{Server, word},
    within_limit,
};

async fn ask(client: &Client, server: &str, number: usize) {
    let response = client
        .get(format!("{server}/words/{number}"))
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(response.text().await.unwrap(), word(&number.to_string()));
}

#[test]
fn many_requests_are_answered_beside_a_task_that_blocks() {
    within_limit(|| {
        let runtime = one_worker();
        let server = Server::on(&runtime);
        let blocker = Blocker::on(&runtime);
        let url = server.url("");
        runtime.block_on(async {
            let client = Client::new();
            let mut clients = JoinSet::new();
            for id in 0..50 {
                let (client, url) = (client.clone(), url.clone());
                clients.spawn(async move {
                    for number in 0..10 {
                        ask(&client, &url, 10 * id + number).await;
                    }
                });
            }
            while let Some(ended) = clients.join_next().await {
                ended.unwrap();
            }
        });
        blocker.end();
    });
}

#[test]
fn a_body_of_some_megabytes_goes_there_and_back() {
    within_limit(|| {
        let runtime = one_worker();
        let server = Server::on(&runtime);
        let body: Vec<u8> = (0..8 << 20).map(|n: u32| (n % 251) as u8).collect();
        let (sent, url) = (body.clone(), server.url("/echo"));
        let echoed = runtime.spawn(async move {
            let mut response = Client::new().post(url).body(sent).send().await?;
            let mut echoed = Vec::new();
            while let Some(chunk) = response.chunk().await? {
                echoed.extend_from_slice(&chunk);
            }
            reqwest::Result::Ok(echoed)
        });
        assert!(runtime.block_on(echoed).unwrap() == body);
    });
}

#[test]
fn a_time_limit_fires_and_the_client_is_of_use_after_it() {
    within_limit(|| {
        let runtime = one_worker();
        let server = Server::on(&runtime);
        let blocker = Blocker::on(&runtime);
        let (never, url) = (server.url("/never"), server.url(""));
        let asked = runtime.spawn(async move {
            let client = Client::new();
            // reqwest's own, by tokio's timers.
            let error = client.get(&never).timeout(MOMENT).send().await.unwrap_err();
            assert!(error.is_timeout(), "{error}");
            let limited = Client::builder().read_timeout(MOMENT).build().unwrap();
            let error = limited.get(&never).send().await.unwrap_err();
            assert!(error.is_timeout(), "{error}");
            // And unstall's around it, by its own.
            assert!(
                future::timeout(MOMENT, client.get(&never).send())
                    .await
                    .is_err()
            );
            ask(&client, &url, 1).await;
        });
        runtime.block_on(async {
            asked.await;
            // Those who gave up have closed their connections.
            server.until_requests(0).await;
        });
        blocker.end();
    });
}

#[test]
fn a_client_works_wherever_a_task_is_polled() {
    within_limit(|| {
        let runtime = one_worker();
        let server = Server::on(&runtime);
        let url = server.url("");
        // Made where there is no runtime at all.
        let client = Client::new();
        let once = move |number| {
            let (client, url) = (client.clone(), url.clone());
            async move { ask(&client, &url, number).await }
        };
        task::block_on(once(1));
        runtime.block_on(once(2));
        runtime.block_on(async {
            task::spawn(once(3)).await;
            task::spawn_local(once(4)).await;
            let nested = once(5);
            task::spawn(async { task::block_on(nested) }).await;
            let blocking = once(6);
            task::spawn_blocking(|| task::block_on(blocking)).await;
            task::Builder::new().blocks().spawn(once(7)).unwrap().await;
            task::Builder::new()
                .cpu_bound()
                .spawn(once(8))
                .unwrap()
                .await;
        });
        let on_caller = Builder::new().on_caller_thread().build().unwrap();
        on_caller.block_on(async { task::spawn(once(9)).await });
    });
}

#[test]
fn a_client_may_be_dropped_anywhere() {
    within_limit(|| {
        let runtime = one_worker();
        let server = Server::on(&runtime);
        let url = server.url("");
        let used = || {
            let url = url.clone();
            async move {
                let client = Client::new();
                ask(&client, &url, 1).await;
                client
            }
        };
        // In a task; in one of a runtime of one's own; where a closure runs.
        let one = used();
        task::block_on(task::spawn(async { drop(one.await) }));
        let one = used();
        runtime.block_on(runtime.spawn(async { drop(one.await) }));
        let client = runtime.block_on(used());
        runtime.block_on(task::spawn_blocking(move || drop(client)));
        // Outside of all: on this thread, and on one that knows no runtime.
        drop(runtime.block_on(used()));
        let client = task::block_on(used());
        thread::spawn(move || drop(client)).join().unwrap();
        // All of them have hung up.
        runtime.block_on(server.until_nobody_is_connected());
    });
}

#[test]
fn a_client_in_the_middle_of_a_request_is_dropped_with_its_task() {
    within_limit(|| {
        let runtime = one_worker();
        let server = Server::on(&runtime);
        let ask_in_vain = |runtime: &unstall::runtime::Runtime| {
            let never = server.url("/never");
            runtime.spawn(async move { Client::new().get(never).send().await.map(drop) })
        };
        // Cancelled.
        let asked = ask_in_vain(&runtime);
        runtime.block_on(server.until_requests(1));
        assert!(runtime.block_on(asked.cancel()).is_none());
        runtime.block_on(server.until_nobody_is_connected());

        // By the end of its runtime.
        let other = one_worker();
        drop(ask_in_vain(&other));
        runtime.block_on(server.until_requests(1));
        let report = other.shutdown(LIMIT);
        assert!(report.is_complete(), "{report}");
        assert_eq!(report.cancelled, 1);
        runtime.block_on(server.until_nobody_is_connected());
    });
}

#[test]
fn nobody_there_is_an_error() {
    within_limit(|| {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        drop(listener);
        let error =
            task::block_on(task::spawn(reqwest::get(format!("http://{address}/")))).unwrap_err();
        assert!(error.is_connect(), "{error}");
    });
}
