ALTER TABLE "leases" ADD COLUMN "flags" jsonb DEFAULT '[]'::jsonb NOT NULL;--> statement-breakpoint
CREATE INDEX "leases_by_user" ON "leases" USING btree ("user_id","closed_at");