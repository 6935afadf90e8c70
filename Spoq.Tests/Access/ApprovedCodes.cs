using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.DependencyInjection;
using Spoq.Core.Access;
using Spoq.Infrastructure.Access;
using Spoq.Infrastructure.Accounts;

namespace Spoq.Tests.Access;

/// <summary>Codes for <see cref="OAuthVisitor.Dex"/>, as if a person had pressed the button.</summary>
internal static class ApprovedCodes
{
    public static async Task<string> ApprovedCodeAsync(this IServiceProvider services, Guid accountId, DateTimeOffset? authenticatedAt)
    {
        var client = (await services.GetRequiredService<OAuthClients>().FindAsync(OAuthVisitor.Dex, CancellationToken.None))!;
        var parameters = QueryHelpers.ParseQuery(OAuthVisitor.Request().Split('?', 2)[1]).ToLookup(pair => pair.Key, pair => pair.Value.ToString());
        var request = Assert.IsType<AuthorizationReading.Fine>(AuthorizationRequest.Read(parameters, client, "http://localhost")).Request;
        return await services.GetRequiredService<AuthorizationService>().ApproveAsync(request, accountId, authenticatedAt, new Caller(null, "tests"), CancellationToken.None);
    }
}
