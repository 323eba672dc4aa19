"use client";

import { useQueryClient } from "@tanstack/react-query";
import { useId, useState, useSyncExternalStore } from "react";
import { forgetKey, keyState, noKey, stopAsking, subscribe, takeKey } from "@/api/key";
import { useText } from "@/text/language";
import { Button } from "./Button";
import { Dialog } from "./Dialog";

/** Asks for an API key when the gateway does. */
export function KeyDialog() {
  const { asked, key } = useSyncExternalStore(subscribe, keyState, noKey);
  return asked ? <KeyForm refused={key !== undefined} /> : null;
}

function KeyForm({ refused }: { refused: boolean }) {
  const text = useText();
  const client = useQueryClient();
  const field = useId();
  const [key, setKey] = useState("");
  const [remember, setRemember] = useState(false);

  const take = () => {
    takeKey(key.trim(), remember);
    void client.resetQueries();
  };
  return (
    <Dialog title={text.key.title} onClose={stopAsking}>
      <form
        className="flex flex-col gap-4 p-6"
        onSubmit={(event) => {
          event.preventDefault();
          take();
        }}
      >
        <p className="text-soft">{text.key.lead}</p>
        {refused && (
          <p role="alert" className="text-alarm">
            {text.key.refused}
          </p>
        )}
        <label htmlFor={field} className="flex flex-col gap-1.5 font-medium">
          {text.key.label}
          <input
            id={field}
            type="password"
            data-first
            autoComplete="off"
            required
            value={key}
            onChange={(event) => {
              setKey(event.target.value);
            }}
            className="field font-mono"
          />
        </label>
        <label className="flex items-center gap-2">
          <input
            type="checkbox"
            checked={remember}
            className="size-5 accent-ink"
            onChange={(event) => {
              setRemember(event.target.checked);
            }}
          />
          {text.key.keep}
        </label>
        <div className="flex flex-wrap justify-end gap-2">
          {refused && (
            <Button kind="bare" onClick={forgetKey}>
              {text.key.forget}
            </Button>
          )}
          <Button type="submit" kind="primary">
            {text.key.use}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
