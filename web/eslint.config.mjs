import next from "@next/eslint-plugin-next";
import accessibility from "eslint-plugin-jsx-a11y";
import hooks from "eslint-plugin-react-hooks";
import { defineConfig, globalIgnores } from "eslint/config";
import typescript from "typescript-eslint";

export default defineConfig(
  globalIgnores([".next/", "out/", "next-env.d.ts", "src/api/schema.d.ts", "test-results/", "public/"]),
  {
    files: ["**/*.ts", "**/*.tsx"],
    extends: [
      typescript.configs.strictTypeChecked,
      typescript.configs.stylisticTypeChecked,
      accessibility.flatConfigs.strict,
      hooks.configs.flat["recommended-latest"],
      next.configs["core-web-vitals"],
    ],
    languageOptions: { parserOptions: { projectService: true } },
    rules: {
      "@typescript-eslint/consistent-type-imports": "error",
      // A number in a template is what templates are for.
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      // Thumbnails come ready-made from the gateway; there is no image server in a static export.
      "@next/next/no-img-element": "off",
    },
  },
);
