import { authorization, refused, TIMEOUT_MILLISECONDS } from "./client";
import { Failure, refusalOf } from "./failure";

/** Send a form, telling how much of it has been sent: `fetch` does not say that. */
export function upload<T>(
  address: string,
  form: FormData,
  onProgress: (share: number) => void,
  signal: AbortSignal,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", address);
    request.responseType = "json";
    request.timeout = TIMEOUT_MILLISECONDS;
    for (const [name, value] of Object.entries(authorization())) request.setRequestHeader(name, value);
    request.upload.onprogress = ({ loaded, total }) => {
      onProgress(total > 0 ? loaded / total : 0);
    };
    request.onload = () => {
      if (request.status < 300) resolve(request.response as T);
      else reject(refused(refusalOf(request.response, request.getResponseHeader("retry-after"))));
    };
    request.onerror = () => {
      reject(new Failure("unreachable"));
    };
    request.ontimeout = () => {
      reject(new Failure("timeout"));
    };
    request.onabort = () => {
      reject(new DOMException("called off", "AbortError"));
    };
    signal.addEventListener("abort", () => {
      request.abort();
    });
    request.send(form);
  });
}
