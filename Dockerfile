FROM mcr.microsoft.com/dotnet/sdk:10.0 AS build
WORKDIR /src
COPY . .
RUN dotnet publish Spoq.Web/Spoq.Web.csproj -c Release --use-current-runtime --self-contained false -o /app --nologo
# The key that signs them is a secret of the build and in no layer: docker build --secret id=signing_key,src=key.pem .
RUN --mount=type=secret,id=signing_key \
    apt-get update -q && apt-get install -y -q --no-install-recommends openssl && rm -rf /var/lib/apt/lists/* && \
    if [ -f /run/secrets/signing_key ]; then export SPOQ_SIGNING_KEY=/run/secrets/signing_key; fi && \
    SPOQ_BINARIES=/app/binaries scripts/publish linux-x64 linux-arm64 osx-x64 osx-arm64

FROM mcr.microsoft.com/dotnet/aspnet:10.0
WORKDIR /app
COPY --from=build /app .
ENV ASPNETCORE_ENVIRONMENT=Production PORT=8080
EXPOSE 8080
USER app
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s CMD ["dotnet", "Spoq.Web.dll", "health"]
# The schema is brought up by a step of the deployment: docker run … migrate
ENTRYPOINT ["dotnet", "Spoq.Web.dll"]
