import { StatusPage } from "@/status/StatusPage";

export default function Page() {
  return <StatusPage />;
}
