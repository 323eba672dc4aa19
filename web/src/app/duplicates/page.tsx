import { Suspense } from "react";
import { DuplicatesPage } from "@/duplicates/DuplicatesPage";

export default function Page() {
  return (
    <Suspense>
      <DuplicatesPage />
    </Suspense>
  );
}
