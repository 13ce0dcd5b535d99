// Shows the document that the daemon prints from its route table; nothing is fetched from elsewhere.
SwaggerUIBundle({ url: "/api/openapi.json", dom_id: "#page", deepLinking: true, validatorUrl: null, persistAuthorization: false });
