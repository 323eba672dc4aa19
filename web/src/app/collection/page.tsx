import { Suspense } from "react";
import { CollectionPage } from "@/collection/CollectionPage";

export default function Page() {
  return (
    <Suspense>
      <CollectionPage />
    </Suspense>
  );
}
