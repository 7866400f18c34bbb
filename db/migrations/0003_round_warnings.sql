CREATE TABLE "round_warnings" (
	"round_id" uuid NOT NULL,
	"kind" text NOT NULL,
	"step" integer NOT NULL,
	"message" text NOT NULL,
	"remedy" text NOT NULL,
	"figures" jsonb NOT NULL,
	"examples" jsonb NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "round_warnings_round_id_kind_pk" PRIMARY KEY("round_id","kind")
);
--> statement-breakpoint
ALTER TABLE "round_warnings" ADD CONSTRAINT "round_warnings_round_id_rounds_id_fk" FOREIGN KEY ("round_id") REFERENCES "public"."rounds"("id") ON DELETE cascade ON UPDATE no action;