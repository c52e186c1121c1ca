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
    let (claim, cron) = (&all[0], &all[1]);
    assert_eq!(
        (&claim["apiVersion"], &claim["kind"]),
        (&"v1".into(), &"PersistentVolumeClaim".into())
    );
    assert_eq!(
        (&cron["apiVersion"], &cron["kind"]),
        (&"batch/v1".into(), &"CronJob".into())
    );
    assert_eq!(cron["metadata"]["name"], "ptl-cert-crl-int");
    assert_eq!(cron["spec"]["concurrencyPolicy"], "Forbid");
    let schedule = cron["spec"]["schedule"].as_str().unwrap();
    assert_eq!(schedule.split(' ').count(), 5);
    let pod = &cron["spec"]["jobTemplate"]["spec"]["template"]["spec"];
    assert_eq!(pod["restartPolicy"], "Never");
    assert_eq!(pod["securityContext"]["runAsNonRoot"], true);
    let volumes = pod["volumes"].as_array().unwrap();
    assert_eq!(
        volumes[0]["persistentVolumeClaim"]["claimName"],
        claim["metadata"]["name"]
    );
    let mut steps = Vec::new();
    for container in ["initContainers", "containers"]
        .iter()
        .flat_map(|key| pod[*key].as_array().unwrap())
    {
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
        steps.push(
            words
                .map(|word| doubled(word.as_str().unwrap(), '$'))
                .collect::<Vec<_>>(),
        );
    }
    assert_eq!(steps, job.commands);
}
