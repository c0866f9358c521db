//! The network between the tool and Coveo: proxies, web servers, name servers and addresses, real ones where there are
//! any to be had. Each is started and stopped here, on a free port of loopback or in a network namespace of its own,
//! with its settings in a temporary folder. Where a program is missing, its tests are skipped with a word.

#![cfg(target_os = "linux")]

#[path = "fake_coveo/mod.rs"]
mod fake_coveo;
#[path = "harness/mod.rs"]
mod harness;

#[path = "network/addresses.rs"]
mod addresses;
#[path = "network/cases.rs"]
mod cases;
#[path = "network/certificate.rs"]
mod certificate;
#[path = "network/limits.rs"]
mod limits;
#[path = "network/name_server.rs"]
mod name_server;
#[path = "network/names.rs"]
mod names;
#[path = "network/namespace.rs"]
mod namespace;
#[path = "network/nginx.rs"]
mod nginx;
#[path = "network/nginx_in_front.rs"]
mod nginx_in_front;
#[path = "network/part.rs"]
mod part;
#[path = "network/proxy_choice.rs"]
mod proxy_choice;
#[path = "network/proxy_faults.rs"]
mod proxy_faults;
#[path = "network/proxy_tls.rs"]
mod proxy_tls;
#[path = "network/stub.rs"]
mod stub;
#[path = "network/tinyproxy.rs"]
mod tinyproxy;
