-- PostgreSQL writes a changed row beside the old one. With room on the same page its indexes stay as they are.
${postgresql}ALTER TABLE external_integrations SET (fillfactor = 50);
${postgresql}ALTER TABLE field_provenance SET (fillfactor = 50);
${postgresql}ALTER TABLE members SET (fillfactor = 70);
${postgresql}ALTER TABLE memberships SET (fillfactor = 70);
${postgresql}ALTER TABLE registrations SET (fillfactor = 70);
