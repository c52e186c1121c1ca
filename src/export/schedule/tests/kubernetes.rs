//! The manifest for Kubernetes.

use super::*;

#[test]
fn the_manifest_is_one_that_kubernetes_takes() {
    let job = job(NASTY);
    let yaml = text(Scheduler::Kubernetes, &job);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("job.yaml");
    std::fs::write(&path, &yaml).unwrap();
    let script = "import json, sys, yaml; print(json.dumps(list(yaml.safe_load_all(open(sys.argv[1], encoding='utf-8')))))";
    let output = std::process::Command::new("python3")
        .args(["-c", script])
        .arg(&path)
        .output();
    let json = match output {
        Ok(output) if output.status.success() => output.stdout,
        Ok(output) if !String::from_utf8_lossy(&output.stderr).contains("No module") => {
            panic!("{}\n{yaml}", String::from_utf8_lossy(&output.stderr))
        }
        _ => {
            eprintln!("SKIPPED: there is no python3 with yaml");
            return;
        }
    };
    let all: serde_json::Value = serde_json::from_slice(&json).unwrap();
    let all = all.as_array().unwrap();
    let (claim, crons) = all.split_first().unwrap();
    assert_eq!(
        (&claim["apiVersion"], &claim["kind"]),
        (&"v1".into(), &"PersistentVolumeClaim".into())
    );
    let mut steps = Vec::new();
    let mut names = Vec::new();
    for cron in crons {
        assert_eq!(
            (&cron["apiVersion"], &cron["kind"]),
            (&"batch/v1".into(), &"CronJob".into())
        );
        names.push(cron["metadata"]["name"].as_str().unwrap());
        assert_eq!(cron["spec"]["concurrencyPolicy"], "Forbid");
        steps.push(command(cron, &claim["metadata"]["name"]));
    }
    assert_eq!(names, ["ptl-cert-crl-int", "ptl-cert-crl-int-2"]);
    let schedules = [0, 1].map(|number| schedule(&crons[number]));
    // The first weekly; the second every day, an hour after it.
    assert_eq!(
        (schedules[0][2..].join(" "), schedules[1][2..].join(" ")),
        ("* * 1".to_owned(), "* * *".to_owned())
    );
    let hour = |schedule: &[String]| schedule[1].parse::<u32>().unwrap();
    assert_eq!(hour(&schedules[1]), hour(&schedules[0]) + 1);
    assert_eq!(schedules[0][0], schedules[1][0]);
    let job_spec = &crons[0]["spec"]["jobTemplate"]["spec"];
    assert!(job_spec["activeDeadlineSeconds"].as_u64().unwrap() < 3600);
    assert_eq!(steps, job.commands);
}

#[test]
fn the_manifest_is_as_the_schemas_of_kubernetes_want_it() {
    let yaml = text(Scheduler::Kubernetes, &job(NASTY));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("job.yaml");
    let judged = |yaml: &str| {
        std::fs::write(&path, yaml).unwrap();
        std::process::Command::new("kubernetes-validate")
            .arg("--strict")
            .arg(&path)
            .output()
    };
    let Ok(output) = judged(&yaml) else {
        eprintln!("SKIPPED: there is no kubernetes-validate");
        return;
    };
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{said}\n{yaml}");
    assert_eq!(said.matches("passed for resource").count(), 3, "{said}");
    let wrong = yaml.replacen("concurrencyPolicy:", "concurrencyPolice:", 1);
    assert_ne!(wrong, yaml);
    assert!(!judged(&wrong).unwrap().status.success());
}

#[test]
fn what_the_commands_name_is_mounted_and_the_first_step_makes_the_config_map_of_it() {
    let mut job = job(&["x"]);
    job.reads = vec![
        "/etc/pki/client one.pem".to_owned(),
        "/etc/pki/facts.toml".to_owned(),
        "/usr/bin/ptl-cert".to_owned(),
    ];
    let yaml = text(Scheduler::Kubernetes, &job);
    for (key, path) in [("file-1", "client one.pem"), ("file-2", "facts.toml")] {
        let mount = format!(
            "                - name: files\n                  mountPath: \"/etc/pki/{path}\"\n                  subPath: {key}\n                  readOnly: true\n"
        );
        assert_eq!(yaml.matches(&mount).count(), job.commands.len(), "{yaml}");
    }
    // The program is in the image.
    assert!(!yaml.contains("file-3"), "{yaml}");
    let volume = "            - name: files\n              configMap:\n                name: \"ptl-cert-crl-int-files\"\n";
    assert_eq!(yaml.matches(volume).count(), job.commands.len(), "{yaml}");
    let steps = steps(Scheduler::Kubernetes, &job);
    let map = "kubectl create configmap ptl-cert-crl-int-files --from-file=file-1='/etc/pki/client one.pem' --from-file=file-2=/etc/pki/facts.toml ";
    assert!(steps[1].starts_with(map), "{steps:?}");
}

#[test]
fn the_second_cron_job_has_a_name_that_kubernetes_takes() {
    let mut long = job(&[]);
    long.name = "x".repeat(52);
    let names = super::super::kubernetes::names(&long);
    assert_eq!(names[1], format!("{}-2", "x".repeat(50)));
}

fn schedule(cron: &serde_json::Value) -> Vec<String> {
    let schedule = cron["spec"]["schedule"].as_str().unwrap();
    let parts: Vec<String> = schedule.split(' ').map(str::to_owned).collect();
    assert_eq!(parts.len(), 5);
    parts
}

/// What a CronJob runs; looks at the walls around it.
fn command(cron: &serde_json::Value, claim: &serde_json::Value) -> Vec<String> {
    let pod = &cron["spec"]["jobTemplate"]["spec"]["template"]["spec"];
    assert_eq!(pod["restartPolicy"], "Never");
    assert_eq!(pod["securityContext"]["runAsNonRoot"], true);
    let volumes = pod["volumes"].as_array().unwrap();
    assert_eq!(volumes[0]["persistentVolumeClaim"]["claimName"], *claim);
    let [container] = pod["containers"].as_array().unwrap().as_slice() else {
        panic!("{pod}")
    };
    assert_eq!(container["image"], "registry.example/ptl-cert:1");
    assert_eq!(
        container["securityContext"]["allowPrivilegeEscalation"],
        false
    );
    assert_eq!(container["securityContext"]["readOnlyRootFilesystem"], true);
    let mounts = container["volumeMounts"].as_array().unwrap();
    let paths: Vec<&str> = mounts
        .iter()
        .map(|mount| mount["mountPath"].as_str().unwrap())
        .collect();
    assert_eq!(paths, ["/var/lib/ptl-cert", "/etc/ngi nx/crl"]);
    assert!(
        mounts
            .iter()
            .all(|mount| mount["name"] == volumes[0]["name"])
    );
    let words = container["command"].as_array().unwrap().iter();
    // Kubernetes makes `$` of `$$`, and leaves a variable that it does not know; there are none.
    words
        .map(|word| doubled(word.as_str().unwrap(), '$'))
        .collect()
}
