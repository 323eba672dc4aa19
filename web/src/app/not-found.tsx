import { Nowhere } from "@/ui/Nowhere";

export default function NotFound() {
  return <Nowhere />;
}
