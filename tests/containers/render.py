#!/usr/bin/python3
"""render.py FOLDER IMAGE HTTP KEYS: what `kubectl kustomize FOLDER` would make of it, in pods for podman.

Prints YAML for `podman play kube`: of each Deployment a pod of its name, of each StatefulSet a pod
per replica (name-0, name-1, ...), and the ConfigMaps. Pods' names stand for the services, in
endpoints of a StatefulSet's those of all its pods; the page is published at the port HTTP of this
machine. The Secret with certificates is the folder KEYS of this machine. What podman has no counterpart for is left out and named on standard error, a line each. Of kustomize it knows what the manifests use: resources,
namespace, labels, images, replicas, configMapGenerator (create and merge); anything else is an error,
so that nothing is passed over in silence.
"""
import copy
import os
import sys

import yaml

KNOWN = {"apiVersion", "kind", "resources", "namespace", "labels", "images", "replicas",
         "configMapGenerator"}
LEFT_OUT = ("Service", "NetworkPolicy", "ServiceMonitor", "Namespace")
LEFT_OUT_OF_PODS = ("startupProbe", "readinessProbe")
INDEX = "apps.kubernetes.io/pod-index"


def merge_map(docs, generator):
    data = dict(item.split("=", 1) for item in generator["literals"])
    behavior = generator.get("behavior", "create")
    there = [d for d in docs if d["kind"] == "ConfigMap" and d["metadata"]["name"] == generator["name"]]
    if behavior == "merge" and len(there) == 1:
        there[0]["data"].update(data)
    elif behavior == "create" and not there:
        docs.append({"apiVersion": "v1", "kind": "ConfigMap",
                     "metadata": {"name": generator["name"]}, "data": data})
    else:
        sys.exit(f"configMapGenerator {generator['name']}: cannot {behavior}")


def kustomize(folder):
    with open(os.path.join(folder, "kustomization.yaml")) as f:
        k = yaml.safe_load(f)
    unknown = set(k) - KNOWN
    if unknown:
        sys.exit(f"{folder}: render.py does not know {', '.join(sorted(unknown))}")
    docs = []
    for resource in k.get("resources", []):
        path = os.path.join(folder, resource)
        if os.path.isdir(path):
            docs += kustomize(path)
        else:
            with open(path) as f:
                docs += list(yaml.safe_load_all(f))
    for generator in k.get("configMapGenerator", []):
        merge_map(docs, generator)
    for doc in docs:
        meta = doc["metadata"]
        if "namespace" in k and doc["kind"] != "Namespace":
            meta["namespace"] = k["namespace"]
        for entry in k.get("labels", []):
            meta.setdefault("labels", {}).update(entry["pairs"])
        for entry in k.get("replicas", []):
            if meta["name"] == entry["name"] and doc["kind"] in ("Deployment", "StatefulSet"):
                doc["spec"]["replicas"] = entry["count"]
    for entry in k.get("images", []):
        for doc in docs:
            for container in doc.get("spec", {}).get("template", {}).get("spec", {}).get("containers", []):
                if container["image"] == entry["name"]:
                    container["image"] = f"{entry['newName']}:{entry['newTag']}"
    return docs


def expand(value, sets):
    """Endpoints with the name of a StatefulSet, as those of its pods."""
    out = []
    for item in value.split(","):
        host = item.split("tcp://")[-1].split(":")[0]
        names = [f"{host}-{i}" for i in range(sets[host])] if host in sets else [host]
        out += [item.replace(f"//{host}:", f"//{n}:") for n in names]
    return ",".join(out)


def pod_of(doc, name, index, image, sets, published, keys):
    template = copy.deepcopy(doc["spec"]["template"])
    for volume in template["spec"].get("volumes", []):
        if volume.pop("secret", None):
            volume["hostPath"] = {"path": keys, "type": "Directory"}
    labels = template["metadata"]["labels"]
    labels[INDEX] = str(index)
    for container in template["spec"]["containers"]:
        container["image"] = image
        for probe in LEFT_OUT_OF_PODS:
            container.pop(probe, None)
        container["ports"] = [dict(port, hostPort=published[port["name"]], hostIP="127.0.0.1")
                              for port in container.get("ports", []) if port["name"] in published]
        for variable in container.get("env", []):
            variable["value"] = expand(variable["value"], sets) if "value" in variable else None
            if "valueFrom" in variable:
                path = variable.pop("valueFrom")["fieldRef"]["fieldPath"]
                variable["value"] = labels[path.split("'")[1]]
    template["spec"]["restartPolicy"] = "Always"
    return {"apiVersion": "v1", "kind": "Pod",
            "metadata": {"name": name, "labels": labels}, "spec": template["spec"]}


def main():
    folder, image = sys.argv[1:3]
    published = {"http": int(sys.argv[3])}
    keys = sys.argv[4]
    docs = kustomize(folder)
    sets = {d["metadata"]["name"]: d["spec"]["replicas"] for d in docs if d["kind"] == "StatefulSet"}
    for doc in docs:
        kind, name = doc["kind"], doc["metadata"]["name"]
        pods = []
        if kind == "ConfigMap":
            pods = [doc]
        elif kind == "Deployment":
            pods = [pod_of(doc, name, 0, image, sets, published, keys)]
        elif kind == "StatefulSet":
            pods = [pod_of(doc, f"{name}-{i}", i, image, sets, published, keys) for i in range(doc["spec"]["replicas"])]
        elif kind in LEFT_OUT:
            print(f"{kind} {name}", file=sys.stderr)
        else:
            sys.exit(f"render.py does not know a {kind}")
        for pod in pods:
            print("---")
            yaml.safe_dump(pod, sys.stdout, sort_keys=False)
    print(f"of pods: {', '.join(LEFT_OUT_OF_PODS)} (livenessProbe stays)", file=sys.stderr)


main()
