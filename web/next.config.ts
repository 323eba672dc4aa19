import type { NextConfig } from "next";
import { PHASE_DEVELOPMENT_SERVER } from "next/constants";

/** While the page is developed, the API comes from a gateway that runs beside it. */
const GATEWAY = process.env["LOOKALIKE_URL"] ?? "http://127.0.0.1:8000";

const config: NextConfig = {
  trailingSlash: true,
  images: { unoptimized: true },
  reactStrictMode: true,
  poweredByHeader: false,
  devIndicators: false,
};

export default function configure(phase: string): NextConfig {
  if (phase !== PHASE_DEVELOPMENT_SERVER) return { ...config, output: "export" };
  const forwarded = ["/v1/:path*", "/readyz"].map((source) => ({ source, destination: `${GATEWAY}${source}` }));
  return { ...config, skipTrailingSlashRedirect: true, rewrites: () => Promise.resolve(forwarded) };
}
