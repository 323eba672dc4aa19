import type { components } from "./schema";

type Schemas = components["schemas"];

export type Image = Schemas["Image"];
export type ImageLinks = Schemas["ImageLinks"];
export type ImageList = Schemas["ImageList"];
export type StoredImage = Schemas["StoredImage"];
export type SearchResult = Schemas["SearchResult"];
export type SearchResponse = Schemas["SearchResponse"];
export type HeatMap = Schemas["HeatMapResponse"];
export type LabelCount = Schemas["LabelCount"];
export type LabelList = Schemas["LabelList"];
export type ImagePatch = Schemas["ImagePatch"];
export type DuplicateList = Schemas["DuplicateList"];
export type DuplicateGroup = Schemas["Duplicates"];
export type Stats = Schemas["Stats"];
export type Readiness = Schemas["Readiness"];
export type Problem = Schemas["Problem"];
export type Metadata = Image["metadata"];
export type MetadataValue = Metadata[string];
