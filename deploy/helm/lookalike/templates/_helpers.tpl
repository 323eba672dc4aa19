{{- define "lookalike.name" -}}
{{- if contains "lookalike" .Release.Name -}}
{{- .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-lookalike" (.Release.Name | trunc 30 | trimSuffix "-") -}}
{{- end -}}
{{- end -}}

{{- /* Labels by which the pods of a part are found. Call with (list . "part"). */ -}}
{{- define "lookalike.selector" -}}
app.kubernetes.io/name: lookalike
app.kubernetes.io/instance: {{ (index . 0).Release.Name }}
app.kubernetes.io/component: {{ index . 1 }}
{{- end -}}

{{- define "lookalike.labels" -}}
{{ include "lookalike.selector" . }}
app.kubernetes.io/version: {{ (index . 0).Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ (index . 0).Release.Service }}
{{- end -}}

{{- define "lookalike.image" -}}
{{- $root := index . 0 -}}
{{- with $root.Values.image.registry }}{{ trimSuffix "/" . }}/{{ end -}}
lookalike-{{ index . 1 }}:{{ $root.Values.image.tag | default $root.Chart.AppVersion }}
{{- end -}}

{{- define "lookalike.podSecurity" -}}
runAsNonRoot: true
runAsUser: {{ . }}
runAsGroup: {{ . }}
fsGroup: {{ . }}
seccompProfile: {type: RuntimeDefault}
{{- end -}}

{{- define "lookalike.containerSecurity" -}}
readOnlyRootFilesystem: true
allowPrivilegeEscalation: false
capabilities: {drop: [ALL]}
{{- end -}}

{{- /* One replica's node may go, and the others answer. */ -}}
{{- define "lookalike.spread" -}}
topologySpreadConstraints:
  - maxSkew: 1
    topologyKey: kubernetes.io/hostname
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels:
        {{- include "lookalike.selector" . | nindent 8 }}
{{- end -}}

{{- define "lookalike.serviceToken" -}}
- name: SERVICE_TOKEN
  valueFrom: {secretKeyRef: {name: {{ required "secretName names a Secret with SERVICE_TOKEN and STORE_URL" .Values.secretName }}, key: SERVICE_TOKEN}}
{{- end -}}

{{- /* Where the indexes of the search service are. Its own settings say otherwise of parts and copies. */ -}}
{{- define "lookalike.indexSettings" -}}
{{- with .Values.qdrant }}
{{- $settings := dict "INDEX_URL" .url }}
{{- if not .url }}
{{- $name := printf "%s-qdrant" (include "lookalike.name" $) }}
{{- $domain := printf "%s.svc.%s" $.Release.Namespace $.Values.clusterDomain }}
{{- $hosts := list }}
{{- range $number := until (int .nodes) }}
{{- $hosts = append $hosts (printf "%s-%d.%s.%s" $name $number $name $domain) }}
{{- end }}
{{- $settings = dict "INDEX_URL" (printf "qdrant://%s" (join "," $hosts)) "INDEX_SHARDS" .nodes "INDEX_REPLICAS" (min .nodes 2) }}
{{- end }}
{{- toYaml $settings }}
{{- end }}
{{- end -}}

{{- define "lookalike.settings" -}}
{{- range $name, $value := . }}
- name: {{ $name }}
  value: {{ $value | quote }}
{{- end }}
{{- end -}}

{{- /* A start may take as long as reading a large collection; afterwards a probe that fails takes the pod out of service. */ -}}
{{- define "lookalike.probes" -}}
startupProbe:
  httpGet: {path: /healthz, port: http}
  periodSeconds: 2
  failureThreshold: 60
readinessProbe:
  httpGet: {path: /readyz, port: http}
  periodSeconds: 5
  timeoutSeconds: 4
livenessProbe:
  httpGet: {path: /healthz, port: http}
  periodSeconds: 20
  timeoutSeconds: 10
  failureThreshold: 6
{{- end -}}

{{- define "lookalike.from" -}}
podSelector:
  matchLabels:
    {{- include "lookalike.selector" . | nindent 4 }}
{{- end -}}
