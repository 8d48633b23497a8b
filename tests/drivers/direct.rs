//! The list of all tools and the check of arguments, over a real child: the API as the faces use it, without any of them.

use mcpproxy_domain::{Code, Principal, ToolId, tool::Variant};
use mcpproxy_management::{Management, Refusal, calls::Call, history::Origin};
use mcpproxy_wire::{Exchange, Outcome};
use serde_json::{Value, json, value::RawValue};

use crate::runtime::{House, entry, lists};

async fn call(management: &Management, tool: &str, arguments: Option<&str>) -> Result<Outcome, Refusal> {
    let call = Call {
        tool: ToolId::parse(tool).unwrap(),
        variant: Variant::Destructive,
        arguments: arguments.map(|text| RawValue::from_string(text.to_owned()).unwrap()),
        meta: None,
        principal: Principal::Local,
        knows_marks: false,
        origin: Origin::default(),
    };
    management.calls.call(call, &Exchange::default()).await
}

async fn told(management: &Management, tool: &str, arguments: Option<&str>) -> Value {
    let result = call(management, tool, arguments).await.unwrap().unwrap();
    serde_json::from_str::<Value>(result.get()).unwrap()["structuredContent"].take()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_that_is_given_up_is_recorded_once() {
    let house = House::open(&[entry("a", &[], &json!({}))]);
    let management = house.management();
    house.catalog("a", |catalog| lists(catalog, "a:slow")).await;
    house.handle("a").await;
    let mut begins = management.history.begins();
    tokio::select! {
        answer = call(&management, "a:slow", Some(r#"{"ms":100000}"#)) => panic!("{answer:?}"),
        begun = begins.recv() => assert_eq!(begun.unwrap().tool.to_string(), "a:slow"),
    }
    let calls = management.history.recent(10);
    assert_eq!((calls.len(), calls[0].code.as_deref()), (1, Some(Code::Cancelled.as_str())), "{calls:?}");
    house.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn arguments_that_do_not_fit_never_reach_the_server() {
    let house = House::open(&[entry("a", &[], &json!({}))]);
    let management = house.management();
    house.handle("a").await;
    let own = told(&management, "a:pids", None).await["own"].clone();
    // were it asked, it would end
    let refusal = call(&management, "a:crash", Some(r#"{"ms":"soon"}"#)).await.unwrap_err();
    assert_eq!(refusal.code, Code::InvalidArguments);
    assert!(refusal.message.contains("at /ms: "), "{refusal}");
    assert!(refusal.input_schema.unwrap().contains("\"integer\""));
    assert_eq!(told(&management, "a:pids", Some("{}")).await["own"], own, "it runs still");
    // the gate is asked first
    let refusal = call(&management, "a:none", Some(r#"{"ms":"soon"}"#)).await.unwrap_err();
    assert_eq!(refusal.code, Code::ToolNotFound);
    house.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_list_follows_the_servers_and_whoever_follows_it_ends_with_the_last_state() {
    let house = House::open(&[entry("a.b", &[], &json!({}))]);
    let management = house.management();
    house.catalog("a tool", |catalog| lists(catalog, "a.b:echo")).await;
    house.handle("a.b").await;
    let (menu, mut changes) = (management.direct.menu(), management.direct.changes());
    let (name, _) = menu_of(&menu).into_iter().find(|(name, _)| name.starts_with("a_b__echo-")).unwrap();
    assert_eq!(menu.find(&name).map(ToString::to_string).as_deref(), Some("a.b:echo"));
    assert!(menu.find("a_b__echo").is_none() && menu.find("a.b__echo").is_none(), "only by the name that it has");
    assert_eq!(menu.nearest(&name.replace("echo", "ecko")), [&*name]);
    for _ in 0..10 {
        told(&management, "a.b:change", None).await;
    }
    let mut seen = menu.version;
    let following = async {
        loop {
            seen = changes.since(seen).await;
            let menu = management.direct.menu();
            assert!(menu.version >= seen);
            if menu_of(&menu).iter().any(|(name, _)| name.starts_with("a_b__added_9-")) {
                return menu;
            }
        }
    };
    let last = tokio::time::timeout(crate::world::DEADLINE, following).await.unwrap();
    assert_eq!(menu_of(&last).len(), 20);
    assert!(last.find(&name).is_some(), "a name stays whatever else comes");
    house.set(&[]);
    house.catalog("nothing", |catalog| catalog.is_empty()).await;
    assert_eq!(management.direct.menu().tools.get(), "[]");
    house.close().await;
}

/// The names in the list, each with its definition.
fn menu_of(menu: &mcpproxy_management::direct::Menu) -> Vec<(String, Value)> {
    let tools: Vec<Value> = serde_json::from_str(menu.tools.get()).unwrap();
    tools.into_iter().map(|tool| (tool["name"].as_str().unwrap().to_owned(), tool)).collect()
}
