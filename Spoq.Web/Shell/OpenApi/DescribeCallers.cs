using Microsoft.AspNetCore.Authorization;
using Microsoft.OpenApi;

namespace Spoq.Web.Shell.OpenApi;

/// <summary>Who may call, as the endpoint itself was told.</summary>
internal static class DescribeCallers
{
    public static void Apply(OpenApiOperation operation, OpenApiDocument document, IList<object> metadata)
    {
        if (metadata.OfType<IAllowAnonymous>().Any())
        {
            operation.Security = [];
            return;
        }

        operation.Security = [new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference(DescribeDocument.Token, document)] = [] }];
    }
}
