// Prints what Microsoft's schema has against a manifest, one line each: node validate.js SCHEMA MANIFEST
const fs = require("fs");
const Ajv = require("ajv-draft-04");
const read = (file) => JSON.parse(fs.readFileSync(file, "utf8").replace(/^\uFEFF/, ""));
const check = new Ajv({ strict: false, allErrors: true, validateFormats: false }).compile(read(process.argv[2]));
if (!check(read(process.argv[3]))) {
  for (const error of check.errors) console.log(`${error.instancePath || "/"} ${error.message}`);
}
